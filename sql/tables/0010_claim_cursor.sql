-- Where get_ready_deliveries goes on: the last webhook it served. A sequence, because it needs no lock, and who reads a
-- value that is a moment old only begins a little earlier.
create sequence tocsin_data.claim_cursor_seq as integer minvalue 0 start 0;
