import { Store } from "../data/store.ts";
import { useStore } from "../data/use-store.ts";
import { distanceText } from "./instants.ts";

const TICK_MS = 10_000;

/** The time, as often as texts like `3 min ago` need it. */
const now = new Store(Date.now());
setInterval(() => {
	if (document.visibilityState === "visible") now.set(Date.now());
}, TICK_MS);

export const useNow = (): number => useStore(now);

/** Date and time of day where the reader is. */
export const instantText = (atMs: number): string =>
	new Date(atMs).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** A time as its distance from now. Its title is the date. */
export function Moment({ atMs }: { readonly atMs: number }) {
	// The tick redraws; the time itself may be a little later.
	const nowMs = Math.max(useNow(), Date.now());
	return (
		<time dateTime={new Date(atMs).toISOString()} title={instantText(atMs)}>
			{distanceText(atMs, nowMs)}
		</time>
	);
}
