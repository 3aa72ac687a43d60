// Runs before every test run: gives tests time on a slow machine, and leaves the test server when the last file is done.
import { afterAll, setDefaultTimeout } from 'bun:test';
import { stopTestServer } from './postgres.ts';

// A test waits for a condition, with a deadline of its own; this one only catches those that hang.
setDefaultTimeout(30_000);
afterAll(stopTestServer);
