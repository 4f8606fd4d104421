/** Reactions to a signal that aborts. */

/** Calls the action once when the signal aborts, at once if it has. Disposal ends this. */
export function onAbort(signal: AbortSignal | undefined, action: () => void): Disposable {
	if (signal?.aborted === true) action();
	else signal?.addEventListener("abort", action, { once: true });
	return { [Symbol.dispose]: () => signal?.removeEventListener("abort", action) };
}

/**
 * Waits for work, but no longer than until the signal aborts. The work goes on; what it throws later is ignored.
 * @throws what the work throws until then
 */
export function unlessAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
	return new Promise((resolve, reject) => {
		const listening = onAbort(signal, resolve);
		work.then(() => resolve(), reject).finally(() => listening[Symbol.dispose]());
	});
}
