/**
 * The module `base44:runtime`. The builder includes it in the bundle of a function that imports it, so it
 * imports nothing itself.
 */

/** The function's secrets, by name. */
export const secrets = {
	get(name: string): string | undefined {
		return Deno.env.get(name);
	},
};

/**
 * Declares work that continues after the response. The platform does not stop the process before it ends, up to
 * a time limit.
 */
export function waitUntil<Value>(promise: Promise<Value>): Promise<Value> {
	const { Base44 } = globalThis as unknown as { Base44?: { waitUntil(promise: Promise<unknown>): void } };
	Base44?.waitUntil(promise);
	return promise;
}
