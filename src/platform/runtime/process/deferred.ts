/** Promises that are settled from outside. */

/** A promise with the function that resolves it. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
	let resolve: (value: T) => void = () => {};
	const promise = new Promise<T>((settle) => {
		resolve = settle;
	});
	return { promise, resolve };
}

/** A promise that resolves after a time, unless it is cancelled. */
export function timer(ms: number): { elapsed: Promise<void>; cancel: () => void } {
	const { promise, resolve } = deferred();
	const handle = setTimeout(resolve, ms);
	return { elapsed: promise, cancel: () => clearTimeout(handle) };
}
