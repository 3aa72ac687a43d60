-- Never change it: stored histograms hold places in it. Below 13 ms every millisecond, then eight steps to a doubling.
create function tocsin_internal.latency_bounds() returns integer[]
language sql immutable parallel safe as $$
  select '{0,1,2,3,4,5,6,7,8,9,10,11,12,13,15,16,17,19,21,23,25,27,29,32,35,38,41,45,49,54,59,64,70,76,83,91,99,108,117,128,
    140,152,166,181,197,215,235,256,279,304,332,362,395,431,470,512,558,609,664,724,790,861,939,1024,1117,1218,1328,1448,1579,
    1722,1878,2048,2233,2435,2656,2896,3158,3444,3756,4096,4467,4871,5312,5793,6317,6889,7512,8192,8933,9742,10624,11585,12634,
    13777,15024,16384,17867,19484,21247,23170,25268,27554,30048,32768,35734,38968,42495,46341,50535,55109,60097,65536,71468,
    77936,84990,92682,101070,110218,120194,131072}'::integer[]
$$;
comment on function tocsin_internal.latency_bounds() is
  'The smallest latency, in milliseconds, of each bucket of the histograms in history: the whole numbers nearest to 2^(k/8), so that a bucket spans at most 9.1 % of its lower bound; the last has no upper bound.';
