/** What moments tell of the streams of apps: where they end, and the entries that were appended last. */
import type { Arrived, StreamEnds } from "../apps/arrived.ts";
import { changeStream } from "../apps/log-entries.ts";
import { APP_STREAMS, eventStream, PLATFORM_STREAM } from "../events/events.ts";
import type { StoreMoment } from "../store/several-nodes.ts";
import type { StreamHead, StreamName } from "../store/store.ts";

/** The app of a stream. Undefined if the stream is not an app's. */
function appOf(stream: StreamName): string | undefined {
	return stream.startsWith(APP_STREAMS) ? stream.slice(APP_STREAMS.length).split("/")[0] : undefined;
}

export const isOfPlatform = ({ stream }: StreamHead): boolean => stream === PLATFORM_STREAM;

/** The ids of the apps whose streams a moment has. */
export function appsOf({ heads, removed }: StoreMoment): ReadonlySet<string> {
	return new Set([...heads.map(({ stream }) => stream), ...removed].flatMap((stream) => appOf(stream) ?? []));
}

export class StreamNews {
	readonly #ends = new Map<StreamName, number>();
	/** The entries of each app that were not taken, in the order of their arrival. */
	readonly #entries = new Map<string, StreamHead[]>();

	/** Moments are added in their order, and none is missing after a complete one. */
	add({ heads, isComplete, removed }: StoreMoment): void {
		if (isComplete) {
			this.#ends.clear();
			this.#entries.clear();
		}
		for (const stream of removed) {
			this.#ends.delete(stream);
			this.drop(appOf(stream) ?? "");
		}
		for (const head of heads) {
			const app = appOf(head.stream);
			if (app === undefined) continue;
			this.#ends.set(head.stream, head.revision);
			// A complete moment has all streams. What was not read of them may be more than their last entries.
			if (!isComplete) this.#entries.set(app, [...(this.#entries.get(app) ?? []), head]);
		}
	}

	endsOf(app: string): StreamEnds {
		const end = (stream: StreamName) => this.#ends.get(stream) ?? 0;
		return { events: end(eventStream(app)), changes: end(changeStream(app)) };
	}

	/** Takes the entries of an app that have arrived. */
	take(app: string): Arrived {
		const entries = this.#entries.get(app) ?? [];
		this.#entries.delete(app);
		return { entries, ends: this.endsOf(app) };
	}

	/** Forgets the entries of an app that is not there, or whose streams were deleted. */
	drop(app: string): void {
		this.#entries.delete(app);
	}
}
