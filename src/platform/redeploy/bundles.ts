/**
 * Reads the bundles of functions for their starts. Those that were read last stay in memory if the store is on other
 * machines: a start with changed secrets has the same bundle as the one before.
 */
import type { App } from "../apps/app.ts";
import type { Deployment } from "../functions/function.ts";
import type { Store } from "../store/store.ts";
import { bundleMissing } from "./starts/not-found.ts";

const KEPT_BYTES_MAX = 16 * 1024 * 1024;

export interface Bundle {
	readonly code: Uint8Array;
	readonly map: Uint8Array;
}

export class Bundles {
	readonly #store: Pick<Store, "getBlob">;
	readonly #bytesMax: number;
	/** By the lifetime of the app and the hashes of both blobs, the one that was read last at the end. */
	readonly #kept = new Map<string, Bundle>();
	#bytes = 0;

	/** @param bytesMax how much stays in memory. 0: nothing */
	constructor(store: Pick<Store, "getBlob">, bytesMax = KEPT_BYTES_MAX) {
		this.#store = store;
		this.#bytesMax = bytesMax;
	}

	/** @throws AppError `BUNDLE_MISSING` (exit 1), and as `Store.getBlob` */
	async read(app: Pick<App, "lifetimeId">, deployment: Deployment): Promise<Bundle> {
		const { bundle: code, function: name, sourceMap } = deployment;
		const key = `${app.lifetimeId} ${code} ${sourceMap}`;
		const bundle = this.#take(key) ?? (await this.#readStored(app, deployment));
		if (bundle === undefined) throw bundleMissing(name);
		this.#keep(key, bundle);
		return bundle;
	}

	async #readStored(
		{ lifetimeId }: Pick<App, "lifetimeId">,
		{ bundle, sourceMap }: Deployment,
	): Promise<Bundle | undefined> {
		const [code, map] = await Promise.all([
			this.#store.getBlob(lifetimeId, bundle),
			this.#store.getBlob(lifetimeId, sourceMap),
		]);
		return code && map && { code, map };
	}

	#take(key: string): Bundle | undefined {
		const found = this.#kept.get(key);
		if (found === undefined) return undefined;
		this.#kept.delete(key);
		this.#bytes -= bytesOf(found);
		return found;
	}

	#keep(key: string, bundle: Bundle): void {
		// Another start may have read it at the same time.
		this.#take(key);
		if (bytesOf(bundle) > this.#bytesMax) return;
		this.#kept.set(key, bundle);
		this.#bytes += bytesOf(bundle);
		for (const oldest of this.#kept.keys()) {
			if (this.#bytes <= this.#bytesMax) return;
			this.#take(oldest);
		}
	}
}

function bytesOf({ code, map }: Bundle): number {
	return code.length + map.length;
}
