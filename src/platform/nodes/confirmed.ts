/** Reads of a store that may have been exchanged meanwhile. */
import type { SealedStore } from "../store/sealed/sealed-store.ts";

/**
 * Reads the store, and finds out at the same time whether it has gone back.
 * @throws AppError as `SealedStore.confirm`; otherwise what `read` throws
 */
export async function confirmed(sealed: SealedStore, read: () => Promise<void>): Promise<void> {
	sealed.check();
	const [reading, confirming] = await Promise.allSettled([read(), sealed.confirm()]);
	// What a store says that is another one does not matter.
	for (const outcome of [confirming, reading]) if (outcome.status === "rejected") throw outcome.reason;
}
