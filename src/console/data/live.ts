/** Streams of the platform, as stores. They live as long as somebody watches them. */
import type { AppEventMessage } from "../../protocol/console.ts";
import { serverSentEvents } from "./decode.ts";
import { type Connection, type Following, follow } from "./follow.ts";
import { send } from "./http.ts";
import { PATHS } from "./paths.ts";
import { foldEvent, NO_ROLLOUTS, type Rollouts } from "./rollout.ts";
import { cache, noticeEnd } from "./session.ts";
import { Store } from "./store.ts";

/** Waits; a browser that finds a network, or a page that becomes visible, ends it early. */
function waitForNetwork(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const ending = new AbortController();
		const end = () => {
			clearTimeout(timer);
			ending.abort();
			resolve();
		};
		const timer = setTimeout(end, ms);
		addEventListener("online", end, { signal: ending.signal });
		signal.addEventListener("abort", end, { signal: ending.signal });
	});
}

/** The text of a streamed answer, in chunks. */
export async function openText(path: string, signal: AbortSignal): Promise<AsyncIterable<string>> {
	try {
		const { body } = await send(path, { signal });
		if (body === null) return (async function* () {})();
		return chunksOf(body.pipeThrough(new TextDecoderStream()).getReader());
	} catch (error) {
		noticeEnd(error);
		throw error;
	}
}

async function* chunksOf(reader: ReadableStreamDefaultReader<string>): AsyncGenerator<string> {
	for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

/** Follows a stream in a browser. */
export function followHere(
	following: Pick<Following, "open" | "decoder" | "onMessage" | "onConnection" | "signal">,
): void {
	void follow({ ...following, wait: waitForNetwork, random: Math.random });
}

export interface AppLive {
	readonly rollouts: Store<Rollouts>;
	readonly connection: Store<Connection>;
}

const REFRESH_AFTER_MS = 250;

/** Asks for what an app's events have changed, once for many events. */
function refresher(app: string): () => void {
	let isPlanned = false;
	return () => {
		if (isPlanned) return;
		isPlanned = true;
		setTimeout(() => {
			isPlanned = false;
			cache.refreshKnown([
				...[PATHS.functions(app), PATHS.secrets(app), PATHS.secretRequests(app)],
				...[PATHS.history(app), PATHS.nodes(app)],
			]);
		}, REFRESH_AFTER_MS);
	};
}

/** Keeps what an app's events say, until the signal. */
export function followApp(app: string, signal: AbortSignal): AppLive {
	const live = {
		rollouts: new Store<Rollouts>(NO_ROLLOUTS),
		connection: new Store<Connection>({ state: "connecting" }),
	};
	const refresh = refresher(app);
	followHere({
		open: (ending) => openText(PATHS.events(app), ending),
		decoder: serverSentEvents,
		onMessage: (message) => {
			live.rollouts.update((before) => foldEvent(before, message as AppEventMessage));
			refresh();
		},
		onConnection: (connection) => live.connection.set(connection),
		signal,
	});
	return live;
}
