/**
 * What `base44:runtime` stands for: put into a function's bundle where it is imported, complete in itself.
 */

/** The secrets that the function was given, by name. */
export const secrets = {
	get(name: string): string | undefined {
		return Deno.env.get(name);
	},
};

/** Work that goes on after the response: the process is not stopped for its sake before it is over, up to a limit. */
export function waitUntil<Value>(promise: Promise<Value>): Promise<Value> {
	const { Base44 } = globalThis as unknown as { Base44?: { waitUntil(promise: Promise<unknown>): void } };
	Base44?.waitUntil(promise);
	return promise;
}
