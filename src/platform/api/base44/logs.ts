/**
 * The Base44 CLI's `logs`, read and followed.
 */
import { AppError, EXIT } from "../../../errors.ts";
import { printable } from "../../../printable.ts";
import { LOG_LINES_MAX } from "../../../protocol/function-log.ts";
import { describeError } from "../../log.ts";
import type { LogLine } from "../../logs/function-logs.ts";
import { appOf, type Call, type Handler, invalid, isStillValid } from "../handlers.ts";

const LIMIT = 500;
const LIMIT_MAX = 1_000;
/** The CLI gives a stream up that says nothing for a minute. */
const PING_MS = 15_000;
/** What may wait for a client that reads slowly; further lines are dropped. */
const WAITING_BYTES = 1024 * 1024;

/** Its levels; of `warning` and `debug` there are no lines, since a process has two outputs. */
const LEVELS = ["info", "warning", "error", "debug"];

function instantOf(url: URL, name: string): number | undefined {
	const text = url.searchParams.get(name);
	if (text === null) return undefined;
	const ms = Date.parse(text);
	if (Number.isFinite(ms)) return ms;
	throw invalid(`The parameter '${name}' must be a date and time.`);
}

function limitOf(url: URL): number {
	const text = url.searchParams.get("limit");
	if (text === null) return LIMIT;
	const limit = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0;
	if (limit >= 1 && limit <= LIMIT_MAX) return limit;
	throw invalid(`The parameter 'limit' must be a number from 1 to ${LIMIT_MAX}.`);
}

function functionNotFound(app: string, name: string): AppError {
	return new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `App '${app}' has no function ${printable(name)}.`,
		hint: "Deploy it first.",
		exit: EXIT.notFound,
	});
}

/** The last lines, newest first unless `order=asc`. */
export const read: Handler = async (call) => {
	const app = appOf(call);
	const { url } = call;
	const name = call.parameter("name");
	if (!app.state.functions.has(name)) throw functionNotFound(app.id, name);
	const level = url.searchParams.get("level");
	if (level !== null && !LEVELS.includes(level))
		throw invalid(`The parameter 'level' must be one of: ${LEVELS.join(", ")}.`);
	const order = url.searchParams.get("order") ?? "desc";
	if (order !== "asc" && order !== "desc") throw invalid("The parameter 'order' must be asc or desc.");
	const [sinceMs, untilMs] = [instantOf(url, "since"), instantOf(url, "until")];
	const limit = limitOf(url);
	const all = await call.core.logs.read(app.id, name, { sinceMs, limit: LOG_LINES_MAX });
	const wanted = all.filter(
		(line) =>
			(level === null || line.level === level) && (untilMs === undefined || Date.parse(line.time) <= untilMs),
	);
	const ordered = order === "asc" ? wanted.slice(0, limit) : wanted.slice(-limit).reverse();
	return Response.json(ordered);
};

/** The functions that are asked for by name; undefined: all that there are, whenever they come. */
function namesOf(call: Call): string[] | undefined {
	const text = call.url.searchParams.get("function");
	const names = (text ?? "").split(",").filter((name) => name !== "");
	if (names.length === 0) return undefined;
	const app = appOf(call);
	const unknown = names.find((name) => !app.state.functions.has(name));
	if (unknown !== undefined) throw functionNotFound(app.id, unknown);
	return [...new Set(names)];
}

/** Server-sent events of what functions write from now on. */
class Stream {
	readonly #call: Call;
	readonly #controller: ReadableStreamDefaultController<Uint8Array>;
	readonly #encoder = new TextEncoder();
	readonly #followed = new Set<string>();
	readonly #stops: (() => void)[] = [];
	#isOver = false;

	constructor(call: Call, controller: ReadableStreamDefaultController<Uint8Array>) {
		this.#call = call;
		this.#controller = controller;
	}

	async begin(names: readonly string[] | undefined): Promise<void> {
		const { closing, core, principal } = this.#call;
		const app = appOf(this.#call);
		this.#send(": connected\n\n");
		const ping = setInterval(() => this.#ping(names), PING_MS);
		this.#onEnd(() => clearInterval(ping));
		const close = () => this.#endWith("platform_closing", true);
		closing.addEventListener("abort", close);
		this.#onEnd(() => closing.removeEventListener("abort", close));
		const revoked = () => this.#endWith("token_invalid", false);
		if (principal !== undefined) this.#onEnd(core.tokens.onRevoked(principal, revoked));
		if (closing.aborted) close();
		await this.#followAll(names ?? [...app.state.functions.keys()]);
	}

	#ping(names: readonly string[] | undefined): void {
		if (!isStillValid(this.#call)) this.#endWith("token_invalid", false);
		this.#send(": ping\n\n");
		// Those that were deployed meanwhile.
		if (names === undefined) void this.#followAll([...appOf(this.#call).state.functions.keys()]);
	}

	async #followAll(names: readonly string[]): Promise<void> {
		const { core } = this.#call;
		const app = appOf(this.#call);
		for (const name of names) {
			if (this.#followed.has(name)) continue;
			this.#followed.add(name);
			const tell = (line: LogLine) => this.#line(name, line);
			try {
				const { stop } = await core.logs.follow(app.id, name, { limit: 0 }, tell);
				this.#onEnd(stop);
			} catch (error) {
				core.log.error(describeError(error), "an answer ended with an error");
				this.#endWith("failed", true);
			}
		}
	}

	#line(name: string, { time, level, message }: LogLine): void {
		if ((this.#controller.desiredSize ?? 0) <= 0) return;
		this.#send(`data:${JSON.stringify({ time, level, function: name, message })}\n\n`);
	}

	#send(text: string): void {
		if (!this.#isOver) this.#controller.enqueue(this.#encoder.encode(text));
	}

	#onEnd(stop: () => void): void {
		if (this.#isOver) stop();
		else this.#stops.push(stop);
	}

	#endWith(reason: string, retriable: boolean): void {
		this.#send(`event: end\ndata:${JSON.stringify({ reason, retriable })}\n\n`);
		this.end();
	}

	/** @param isGone the client closed the stream itself */
	end(isGone = false): void {
		if (this.#isOver) return;
		this.#isOver = true;
		for (const stop of this.#stops) stop();
		if (!isGone) this.#controller.close();
	}
}

export const follow: Handler = (call) => {
	const names = namesOf(call);
	let stream: Stream | undefined;
	const body = new ReadableStream<Uint8Array>(
		{
			start: (controller) => {
				stream = new Stream(call, controller);
				return stream.begin(names);
			},
			cancel: () => stream?.end(true),
		},
		new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES }),
	);
	return new Response(body, {
		headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
	});
};
