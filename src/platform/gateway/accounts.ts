/** What became of each request, told once its answer is over: to those who count, and to those who log. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { Instance } from "../runtime/runtime.ts";
import type { Admission } from "./admission.ts";
import type { AnsweredRequest, RequestedOf } from "./answered-request.ts";
import type { GatewayOptions } from "./options.ts";
import { PROBLEMS, type Problem } from "./problem.ts";
import { originForm, type Route } from "./routing.ts";

/** What nginx counts a request as whose client went before there was an answer. */
const CLIENT_GONE_STATUS = 499;
const CLIENT_GONE = "CLIENT_GONE";
const CRASHED = "FUNCTION_CRASHED";
/** How long after a broken connection the end of its process is waited for. */
const CRASH_MS = 500;
const PATH_CHARACTERS_MAX = 1_000;
/** How much of a path is told that leads to no function: the names that could have been meant. */
const UNKNOWN_SEGMENTS = 2;
const UNKNOWN_SEGMENT_MAX = 40;

/** One request. */
export class Account {
	readonly #accounts: Accounts;
	readonly #request: IncomingMessage;
	readonly #id: string;
	readonly #route: Route | undefined;
	readonly #app: string | undefined;
	readonly #sinceMs = performance.now();
	#isOver = false;
	/** Of the answer's body, so far. */
	bytes = 0;
	/** The instance that it was sent to. */
	instance: Instance | undefined;
	/** What the client was told in the place of an answer, or why the answer ended early. */
	problem: Pick<Problem, "code"> | undefined;

	constructor(
		accounts: Accounts,
		request: IncomingMessage,
		id: string,
		of: Route | { app: string } | undefined,
	) {
		this.#accounts = accounts;
		this.#request = request;
		this.#id = id;
		this.#route = of !== undefined && "prefix" in of ? of : undefined;
		this.#app = of?.app;
	}

	/** Tells how it ended, once; nothing where it was for no app of this platform. */
	end(status: number, reason: string | undefined = this.problem?.code): void {
		const app = this.#app;
		if (this.#isOver || app === undefined) return;
		this.#isOver = true;
		const ms = performance.now() - this.#sinceMs;
		const { method = "" } = this.#request;
		const tell = (why: string | undefined) => {
			const path = this.#path();
			const { bytes } = this;
			const of = { app, function: this.#route?.function, began: this.#route?.began };
			this.#accounts.tell(of, { method, path, status, ms, bytes, id: this.#id, reason: why ?? null });
		};
		this.#accounts.count(this.#route, status, ms);
		if (!this.#accounts.isLogging) return;
		const { instance } = this;
		if (reason !== PROBLEMS.broken.code || instance === undefined) tell(reason);
		else this.#accounts.run(async () => tell((await hasEnded(instance)) ? CRASHED : reason));
	}

	#path(): string {
		const target = originForm(this.#request.url ?? "");
		const queryStart = target.indexOf("?");
		const path = queryStart === -1 ? target : target.slice(0, queryStart);
		const { instance } = this;
		const { prefix } = this.#route ?? {};
		if (prefix === undefined) return beginningOf(path);
		// Only the function's process knows its values.
		if (path.length <= prefix.length + 1) return path;
		return instance?.redact(path, PATH_CHARACTERS_MAX) ?? `${prefix}/…`;
	}
}

/** Whether a process has ended, or does within a moment. */
async function hasEnded(instance: Instance): Promise<boolean> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<false>((resolve) => {
		timer = setTimeout(resolve, CRASH_MS, false);
	});
	const ended = await Promise.race([instance.exited.then(() => true), late]);
	clearTimeout(timer);
	return ended;
}

/** The app and the names that follow it; what cannot be a name is left out, since it may be anything. */
function beginningOf(path: string): string {
	const [app = "", ...rest] = path.split("/").slice(1);
	const names = rest
		.slice(0, UNKNOWN_SEGMENTS)
		.map((name) => (name.length > UNKNOWN_SEGMENT_MAX ? "…" : name));
	const more = rest.length > UNKNOWN_SEGMENTS ? ["…"] : [];
	return `/${[app, ...names, ...more].join("/")}`;
}

export class Accounts {
	readonly #options: Pick<GatewayOptions, "onAnswer" | "onRequest">;
	readonly #faults: FaultBoundary;

	constructor(options: Pick<GatewayOptions, "onAnswer" | "onRequest">, faults: FaultBoundary) {
		this.#options = options;
		this.#faults = faults;
	}

	get isLogging(): boolean {
		return this.#options.onRequest !== undefined;
	}

	/** Opens the account of a request. */
	open(request: IncomingMessage, id: string, admission: Admission): Account {
		return new Account(this, request, id, admission.route ?? admission.of);
	}

	/** Ends an account when its answer is over. */
	follow(account: Account, response: ServerResponse): void {
		const closed = () => {
			const reason = account.problem?.code ?? (response.writableFinished ? undefined : CLIENT_GONE);
			account.end(response.headersSent ? response.statusCode : CLIENT_GONE_STATUS, reason);
		};
		response.once("close", this.#faults.callback(closed));
	}

	/** Ends the account of a connection whose client goes before it is upgraded. */
	endWith(account: Account, socket: Duplex): void {
		const closed = () => account.end(CLIENT_GONE_STATUS, CLIENT_GONE);
		socket.once("close", this.#faults.callback(closed));
	}

	/** Counts an answer of a function, or in its place. */
	count(route: Route | undefined, status: number, ms: number): void {
		if (route !== undefined) this.#options.onAnswer?.(route, { status, ms });
	}

	tell(of: RequestedOf, request: AnsweredRequest): void {
		this.#options.onRequest?.(of, request);
	}

	run(work: () => Promise<void>): void {
		this.#faults.run(work);
	}
}
