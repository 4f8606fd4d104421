/** The Deno KV stores of apps, which belong to the data plane. */
import type { KvStores } from "../../kv/kv-stores.ts";
import type { DataPlane } from "./data-plane.ts";

/**
 * The operations of the stores that the control plane uses.
 * @param local the same stores, of which no file is opened here
 */
export function remoteStores(
	plane: DataPlane,
	local: Pick<KvStores, "sizes">,
): Pick<KvStores, "drop" | "keepOnly" | "sizes"> {
	return {
		drop: async (app) => void (await plane.call("dropStore", { app })),
		keepOnly: async (apps) => void (await plane.call("keepStores", { apps })),
		sizes: (apps) => local.sizes(apps),
	};
}
