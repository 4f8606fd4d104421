/** A client of the control API of one node. It tells what a lost answer leaves open. */
import { utf8 } from "../../../../../src/bytes.ts";
import { blobHash } from "../../../../../src/protocol/blob-hash.ts";
import type { Change, Head, LogEntry } from "../../../../../src/protocol/change.ts";
import {
	appInfoSchema,
	changeEventSchema,
	changesPageSchema,
	type DeployEvent,
	deployEventSchema,
} from "../../../../../src/protocol/messages.ts";
import { type PlatformStatus, statusSchema } from "../../../../../src/protocol/nodes.ts";
import { ROUTES, type Route, routePath } from "../../../../../src/protocol/routes.ts";

/** Longer than the platform tries to reach the store. */
const TIMEOUT_MS = 30_000;

/**
 * A request without a complete answer. `isUndone`: it had no effect and will have none: it was not sent, or the node
 * refused it because it is cut off.
 */
export class NoAnswer extends Error {
	readonly isUndone: boolean;
	constructor(message: string, isUndone: boolean) {
		super(message);
		this.isUndone = isUndone;
	}
}

/** What a change led to, as far as the answer says. */
export interface Sent {
	/** Undefined: unknown. */
	outcome: { readonly kind: "appended" | "head"; readonly head: string } | undefined;
	/** The request had no effect. */
	isUndone: boolean;
	/** Each function with the result of its redeployment. */
	readonly redeployed: Map<string, string>;
	/** The nodes that have followed. */
	readonly followed: string[];
	isDone: boolean;
}

const UNSENT = new Set(["ECONNREFUSED", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);

function unanswered(error: unknown): NoAnswer {
	const { cause } = error as { cause?: { code?: string } };
	return new NoAnswer(String(cause?.code ?? error), UNSENT.has(cause?.code ?? ""));
}

async function* linesOf(response: Response): AsyncGenerator<unknown, void, void> {
	let text = "";
	const decoder = new TextDecoder();
	for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
		text += decoder.decode(chunk, { stream: true });
		const lines = text.split("\n");
		text = lines.pop() ?? "";
		for (const line of lines) yield JSON.parse(line);
	}
}

export class ControlClient {
	readonly #control: string;
	readonly #token: string;
	readonly #app: string;

	constructor(control: string, token: string, app: string) {
		this.#control = control;
		this.#token = token;
		this.#app = app;
	}

	/** @throws NoAnswer */
	async request(
		route: Route,
		parameters: Record<string, string> = {},
		body?: unknown,
		query = "",
	): Promise<Response> {
		const isBytes = body instanceof Uint8Array;
		const type = isBytes ? "application/octet-stream" : "application/json";
		try {
			return await fetch(this.#control + routePath(route, { app: this.#app, ...parameters }) + query, {
				method: route.method,
				headers: {
					authorization: `Bearer ${this.#token}`,
					...(body !== undefined && { "content-type": type }),
				},
				signal: AbortSignal.timeout(TIMEOUT_MS),
				...(body !== undefined && {
					body: isBytes ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body),
				}),
			});
		} catch (error) {
			throw unanswered(error);
		}
	}

	/** @throws NoAnswer */
	async #json(
		route: Route,
		parameters: Record<string, string> = {},
		body?: unknown,
		query = "",
	): Promise<unknown> {
		const response = await this.request(route, parameters, body, query);
		const text = await response.text().catch((error: unknown) => {
			throw unanswered(error);
		});
		if (!response.ok) throw new NoAnswer(`${response.status} ${text}`, text.includes('"NODE_CUT_OFF"'));
		return text === "" ? undefined : JSON.parse(text);
	}

	async createApp(vaultId: string): Promise<Head> {
		const body = { vaultId, environment: "production" };
		const { head, revision } = appInfoSchema.parse(await this.#json(ROUTES.createApp, {}, body));
		return { head, revision };
	}

	async head(): Promise<Head> {
		const { head, revision } = appInfoSchema.parse(await this.#json(ROUTES.showApp));
		return { head, revision };
	}

	async status(): Promise<PlatformStatus> {
		return statusSchema.parse(await this.#json(ROUTES.status));
	}

	async isReady(): Promise<boolean> {
		const answer = await this.request(ROUTES.ready).catch(() => undefined);
		await answer?.body?.cancel();
		return answer?.ok === true;
	}

	/** The whole log. */
	async log(): Promise<LogEntry[]> {
		const entries: LogEntry[] = [];
		for (;;) {
			const query = `?after=${entries.length}`;
			const page = changesPageSchema.parse(await this.#json(ROUTES.readChanges, {}, undefined, query));
			entries.push(...page.entries);
			if (entries.length >= page.revision) return entries;
		}
	}

	/** Sends a change. A refusal that must not happen throws; anything else is in the result. */
	async send(change: Change, waitSeconds: number): Promise<Sent> {
		const sent: Sent = {
			outcome: undefined,
			isUndone: false,
			redeployed: new Map(),
			followed: [],
			isDone: false,
		};
		const query = waitSeconds > 0 ? `?wait=${waitSeconds}` : "";
		try {
			const response = await this.request(ROUTES.appendChange, {}, change, query);
			if (response.ok) for await (const line of linesOf(response)) takeLine(sent, line);
			else takeRefusal(sent, response.status, await response.text());
		} catch (error) {
			if (error instanceof Unexpected) throw error;
			sent.isUndone = error instanceof NoAnswer && error.isUndone;
		}
		return sent;
	}

	/** Deploys a function. @returns whether it is deployed @throws NoAnswer; Unexpected if it does not start */
	async deploy(name: string, files: Readonly<Record<string, string>>): Promise<boolean> {
		const contents = new Map(Object.values(files).map((text) => [blobHash(utf8(text)), utf8(text)]));
		const [entry, settings] = Object.keys(files);
		const functions = [{ name, entry, ...(settings && { settings }) }];
		const hashes = Object.entries(files).map(([path, text]) => [path, blobHash(utf8(text))]);
		const body = { files: hashes, functions, prune: false };
		for (;;) {
			let missing: readonly string[] = [];
			let isDeployed = false;
			for await (const event of this.#deployEvents(body)) {
				if (event.type === "missing") missing = event.hashes;
				if (event.type === "function") isDeployed = event.result.status !== "failed";
			}
			if (missing.length === 0) return isDeployed;
			for (const hash of missing) await this.#json(ROUTES.putBlob, { hash }, contents.get(hash));
		}
	}

	async *#deployEvents(body: object): AsyncGenerator<DeployEvent, void, void> {
		const response = await this.request(ROUTES.deploy, {}, body);
		if (!response.ok) {
			const text = await response.text();
			throw new NoAnswer(`${response.status} ${text}`, text.includes('"NODE_CUT_OFF"'));
		}
		try {
			for await (const line of linesOf(response)) {
				const event = deployEventSchema.safeParse(line);
				if (!event.success) throw new NoAnswer(JSON.stringify(line), false);
				yield event.data;
			}
		} catch (error) {
			throw error instanceof NoAnswer ? error : unanswered(error);
		}
	}
}

/** An answer that a correct platform never gives. */
export class Unexpected extends Error {}

function takeLine(sent: Sent, line: unknown): void {
	const { data: event } = changeEventSchema.safeParse(line);
	if (event === undefined) return;
	if (event.type === "accepted") sent.outcome = { kind: "appended", head: event.head };
	if (event.type === "redeployed") sent.redeployed.set(event.result.function, event.result.status);
	if (event.type === "node" && event.status === "followed") sent.followed.push(event.node);
	if (event.type === "done") sent.isDone = true;
}

function takeRefusal(sent: Sent, status: number, text: string): void {
	const { code, head } = JSON.parse(text) as { code?: string; head?: string };
	if (code === "CHANGE_STALE" && head !== undefined) sent.outcome = { kind: "head", head };
	else if (code === "NODE_CUT_OFF") sent.isUndone = true;
	else if (status < 500) throw new Unexpected(`a change was refused: ${status} ${text.slice(0, 300)}`);
}
