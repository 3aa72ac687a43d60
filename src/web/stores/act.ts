// Does what a button says and tells in a notice what came of it.
import { ApiProblem } from '../api/client.ts';
import { say } from '../parts/notices.tsx';
import { retryDelivery } from './deliveries.ts';

/** Resolves when the server has taken it; a refusal is said too. */
export async function retryAndSay(id: number): Promise<void> {
  await act(() => retryDelivery(id), `Delivery ${id} is being sent again.`);
}

/** Does something and says that it is done, or why not; true when it is. */
export async function act(doIt: () => Promise<unknown>, done: string | null): Promise<boolean> {
  try {
    await doIt();
    if (done) say(done);
    return true;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    say(error.message);
    return false;
  }
}
