// Runs before every test run: leaves the test server when the last file is done.
import { afterAll } from 'bun:test';
import { stopTestServer } from './postgres.ts';

afterAll(stopTestServer);
