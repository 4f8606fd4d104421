/**
 * The claim of a platform on its store: a lease that it renews. So two platforms never run the same functions from one
 * store by accident. The claim of a platform that was killed ends soon, or at once if the same platform starts again.
 */
import { AppError, EXIT } from "../../../errors.ts";
import type { EtcdLeases } from "./leases.ts";

/** The name of the lease. */
export const CLAIM = "platform";
const TTL_MS = 15_000;
const RENEW_MS = 5_000;

export interface Claim {
	/** Identifies the platform. It stays the same when the platform starts again. */
	readonly holder: string;
	/** Called when the store has been closed. */
	onClosed(): void;
}

/**
 * Claims the store.
 * @returns a function that ends the claim
 * @throws AppError `STORE_IN_USE` (exit 1)
 */
export async function claimStore(leases: EtcdLeases, { holder }: Claim): Promise<() => Promise<void>> {
	if (!(await leases.take(CLAIM, holder, TTL_MS))) {
		throw new AppError({
			code: "STORE_IN_USE",
			message: "Another platform uses this store in etcd.",
			hint: `Stop it, or give another prefix. If it was killed, wait ${TTL_MS / 1000} seconds.`,
			exit: EXIT.failure,
		});
	}
	// A renewal that fails is repeated. Until then, the seal keeps a second platform from mixing its entries in.
	const timer = setInterval(() => void leases.take(CLAIM, holder, TTL_MS).catch(() => undefined), RENEW_MS);
	return async () => {
		clearInterval(timer);
		await leases.release(CLAIM, holder).catch(() => undefined);
	};
}
