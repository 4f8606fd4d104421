/** An answer without an end: what happens to the functions of an app, as server-sent events. */
import type { AppEventMessage } from "../../../protocol/console.ts";
import type { Activity } from "../../redeploy/activity.ts";
import { appOf, type Call, isStillValid } from "../endpoint.ts";
import { NodeWatch } from "./node-watch.ts";

/** Clients and proxies close a connection without traffic. */
const PING_MS = 15_000;
/** The most bytes that wait for a slow client. Then the answer ends: the client reads the state again. */
const WAITING_BYTES = 1024 * 1024;

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const EVENTS_MEDIA_TYPE = "text/event-stream";

/** Sends the events of an app to one client until one side ends it. */
class AppWatch {
	readonly #call: Call;
	readonly #controller: ReadableStreamDefaultController<Uint8Array>;
	readonly #encoder = new TextEncoder();
	readonly #stops: (() => void)[] = [];
	#isOver = false;

	constructor(call: Call, controller: ReadableStreamDefaultController<Uint8Array>) {
		this.#call = call;
		this.#controller = controller;
	}

	begin(): void {
		const { closing, core, principal } = this.#call;
		const app = appOf(this.#call);
		const { faults } = core;
		const guarded = <T extends unknown[]>(work: (...args: T) => void) =>
			faults.control.callback(work, () => this.end());
		const end = guarded(() => this.end());
		const { now } = core.clock;
		const tell = guarded((activity: Activity) => this.#event({ ...messageOf(activity), atMs: now() }));
		this.#stops.push(core.activities.watch(app.id, tell));
		const ping = setInterval(
			guarded(() => (isStillValid(this.#call) ? this.#send(": still here\n\n") : this.end())),
			PING_MS,
		);
		this.#stops.push(() => clearInterval(ping));
		for (const signal of [closing, app.retired]) {
			signal.addEventListener("abort", end);
			this.#stops.push(() => signal.removeEventListener("abort", end));
			if (signal.aborted) end();
		}
		if (principal !== undefined) this.#stops.push(core.tokens.onInvalid(principal, core.clock, end));
		this.#event({ type: "hello", revision: app.state.head.revision, atMs: now() });
		if (this.#isOver) return;
		const nodes = new NodeWatch(core, app, (message) => this.#event({ ...message, atMs: now() }));
		nodes.look();
		this.#stops.push(core.node?.nodes.watch(guarded(() => nodes.look())) ?? (() => {}));
	}

	#event(message: AppEventMessage): void {
		this.#send(`data: ${JSON.stringify(message)}\n\n`);
	}

	#send(text: string): void {
		if (this.#isOver) return;
		if ((this.#controller.desiredSize ?? 0) <= 0) this.end();
		else this.#controller.enqueue(this.#encoder.encode(text));
	}

	/** @param isGone whether the client closed the stream */
	end(isGone = false): void {
		if (this.#isOver) return;
		this.#isOver = true;
		for (const stop of this.#stops) stop();
		if (!isGone) this.#controller.close();
	}
}

type WithoutTime<M> = M extends unknown ? Omit<M, "atMs"> : never;

function messageOf(activity: Activity): WithoutTime<Extract<AppEventMessage, { type: Activity["type"] }>> {
	if (activity.type === "change") {
		const { names, planned, revision } = activity;
		return { type: "change", revision, names: [...names], planned: [...planned] };
	}
	return activity;
}

/** The answer that follows an app. @throws AppError `APP_NOT_FOUND` (exit 4) */
export function followEvents(call: Call): Response {
	appOf(call);
	let watch: AppWatch | undefined;
	const body = new ReadableStream<Uint8Array>(
		{
			start: (controller) => {
				watch = new AppWatch(call, controller);
				watch.begin();
			},
			cancel: () => watch?.end(true),
		},
		new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES }),
	);
	return new Response(body, { headers: { "content-type": EVENTS_MEDIA_TYPE, "cache-control": "no-store" } });
}
