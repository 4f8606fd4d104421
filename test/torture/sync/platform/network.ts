/** A network that applies the schedule's fault to each message. */
import type { AppError } from "../../../../src/errors.ts";
import type { Transport } from "../../../../src/http/request.ts";
import type { Verdict } from "../world/actions.ts";
import type { Task } from "../world/task.ts";
import type { Answer, Sent, SimulatedPlatform } from "./platform.ts";
import { ORIGIN } from "./platform.ts";

function broken(): Error {
	return Object.assign(new Error("The simulated connection broke."), { code: "ECONNRESET" });
}

/** A response's bytes, split into lines or whole. */
function piecesOf(bytes: Uint8Array, inPieces: boolean): Uint8Array[] {
	if (!inPieces) return bytes.length > 0 ? [bytes] : [];
	const pieces: Uint8Array[] = [];
	for (let start = 0; start < bytes.length; ) {
		const end = bytes.indexOf(0x0a, start) + 1 || bytes.length;
		pieces.push(bytes.subarray(start, end));
		start = end;
	}
	return pieces;
}

/** A description of a request for the trace, without values. */
function describe({ method, path, body }: Sent): string {
	const asked = `${method} ${path.replace("/v1/apps/", "")}`;
	if (method !== "POST" || body === undefined) return asked;
	const { base, records, header } = JSON.parse(body) as {
		base: { revision: number };
		records: string[];
		header: unknown;
	};
	const names = records.map((record) => record.split(" ", 1)[0]?.replace("\n", " "));
	return `${asked} on revision ${base.revision}: ${[...names, ...(header ? ["membership"] : [])].join(", ")}`;
}

export class Network {
	readonly platform: SimulatedPlatform;
	/** Every request that was sent. */
	readonly sent: Sent[] = [];
	/** Those that arrived. */
	readonly #arrived = new Set<Sent>();
	/** The number of responses for each status. */
	readonly statuses = new Map<number, number>();

	constructor(platform: SimulatedPlatform) {
		this.platform = platform;
	}

	/** Transports one task's requests. The task waits in it, and the schedule decides what happens. */
	carrierFor(task: Task<Verdict>): Transport {
		return async (url, { method, headers, body }) => {
			const request: Sent = {
				task: task.id,
				method,
				path: String(url).slice(ORIGIN.length),
				headers: new Headers(headers),
				body: typeof body === "string" ? body : undefined,
			};
			this.sent.push(request);
			const verdict = await task.park({ kind: "request", what: describe(request) });
			return await this.#carry(request, task, verdict);
		};
	}

	/**
	 * Repeats every request that has arrived. A request that never arrived would not be a repeat: it could
	 * restore a value that was rejected since.
	 */
	async replayAll(): Promise<void> {
		for (const request of [...this.#arrived]) await this.#deliver(request);
	}

	/** Lets an earlier request arrive, again or for the first time. */
	async replay(index: number): Promise<Sent | undefined> {
		const request = this.sent[index % Math.max(1, this.sent.length)];
		if (request) await this.#deliver(request);
		return request;
	}

	async #deliver(request: Sent): Promise<Answer> {
		this.#arrived.add(request);
		const answer = await this.platform.handle(request);
		this.statuses.set(answer.status, 1 + (this.statuses.get(answer.status) ?? 0));
		return answer;
	}

	async #carry(request: Sent, task: Task<Verdict>, verdict: Verdict): Promise<Response> {
		const { fault } = verdict;
		if (fault === "lost") throw broken();
		if (fault === "late") throw new DOMException("The simulated response did not arrive.", "TimeoutError");
		if (fault === "down-before") {
			await this.platform.restart();
			throw broken();
		}
		if (fault === "down-amid") this.platform.dieAfterChange();
		const twin = fault === "twice" ? this.#deliver(request) : undefined;
		const answer = await this.#deliver(request);
		await twin;
		task.sawRevision = this.platform.revision;
		if (fault === "down-amid" || fault === "down-after") await this.platform.restart();
		if (fault === "down-amid" || fault === "down-after" || fault === "answer-lost") throw broken();
		return this.#answer(answer, task, verdict);
	}

	#answer({ status, headers, bytes }: Answer, task: Task<Verdict>, verdict: Verdict): Response {
		const isCut = verdict.fault === "answer-cut" || verdict.fault === "answer-short";
		const kept = isCut ? bytes.subarray(0, Math.floor(verdict.at * bytes.length)) : bytes;
		const pieces = piecesOf(kept, verdict.inPieces);
		let count = 0;
		const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
			const piece = pieces[count++];
			if (piece === undefined) {
				if (verdict.fault === "answer-cut") controller.error(new Error("aborted"));
				else controller.close();
				return;
			}
			if (count > 1) await task.park({ kind: "piece", what: `line ${count} of the answer` });
			controller.enqueue(piece);
		};
		const stream = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
		return new Response(status === 204 ? null : stream, { status, headers });
	}
}

/** Errors with exit 5 that a user may see if other devices were faster or a decision is needed. */
const CONFLICTS = ["SYNC_CONFLICT", "SYNC_CONTENDED", "SYNC_ROLLED_BACK", "MEMBER_EXISTS"];

/** Whether a user may see this error if the network fails or other devices were faster. */
export function isExpected({ code, exit }: AppError): boolean {
	return exit === 6 || CONFLICTS.includes(code);
}
