import { Gauge, type Registry } from "prom-client";

/** Registers the sizes of the Deno KV stores. @param sizes gives the name of each app and the size of its store */
export function registerStoreSizes(
	registry: Registry,
	sizes: () => Promise<readonly (readonly [app: string, bytes: number])[]>,
): void {
	new Gauge({
		name: "coffer_kv_bytes",
		help: "Size of the Deno KV store of an app, without its write-ahead log.",
		labelNames: ["app"] as const,
		registers: [registry],
		async collect() {
			const present = await sizes();
			this.reset();
			for (const [app, bytes] of present) this.set({ app }, bytes);
		},
	});
}
