/**
 * The way in to functions: an HTTP listener of its own that finds the function, counts the request into the
 * instance that serves it now, and streams.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { FunctionSettings } from "../../modules/function-settings.ts";
import { OpenSockets } from "../open-sockets.ts";
import type { Instance } from "../runtime/runtime.ts";
import { type Patience, serverOptions } from "../server-options.ts";
import { faultOf } from "../strict-request.ts";
import { type Exchange, forward, type Outcome } from "./forward.ts";
import { forwardedRequestHeaders } from "./headers.ts";
import { Instances } from "./instances.ts";
import { type Bounds, PROBLEMS, type Problem, problemOf, sendProblem } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";
import { type FunctionsOf, matchRoute, type Route } from "./routing.ts";
import { forwardUpgrade, isWebSocket, responseOn } from "./upgrade.ts";

export interface GatewayOptions extends Patience {
	/** The functions that are deployed, started or not. */
	functions: FunctionsOf;
	/**
	 * The instance that serves a function now; starts one where none is running. Undefined where that cannot
	 * be done, and a rejection where starting it failed: `PLATFORM_FULL` where there is no room for it.
	 */
	instance(app: string, name: string): Instance | undefined | Promise<Instance | undefined>;
	/** Called once a request to a function is answered, be it by the gateway; and once a connection is upgraded. */
	onAnswer?(route: Pick<Route, "app" | "function" | "began">, answer: { status: number; ms: number }): void;
	/** What a function says about its requests; what it leaves out is as below. */
	settings?(app: string, name: string): Pick<FunctionSettings, "maxBodyMB" | "timeoutSeconds"> | undefined;
	/** Whether the peer is a proxy whose `x-forwarded-*` headers are true. False unless told. */
	trustForwarded?: boolean;
	/** How long a function may take to begin its response. 150,000 unless told. */
	responseTimeoutMs?: number;
	/** Larger request bodies are refused. 100 MiB unless told. */
	maxBodyBytes?: number;
}

export interface Gateway {
	/** @param port 0 picks a free one */
	listen(port: number, host: string): Promise<{ host: string; port: number }>;
	/** Takes no new connection, lets requests finish for the grace period, then cuts them off. */
	close(options?: { graceMs?: number }): Promise<void>;
}

/** What nginx counts a request as whose client went before there was an answer. */
const CLIENT_GONE = 499;

/** Without a problem there is nothing to answer. */
type Checked = { route: Route; bounds: Bounds } | { route: undefined; problem: Problem | undefined };

class NodeGateway implements Gateway {
	#options: GatewayOptions;
	#server: Server;
	readonly #instances: Instances;
	#maxBodyBytes: number;
	#responseTimeoutMs: number;
	#sockets: OpenSockets;
	#upgraded = new Set<Duplex>();

	constructor(options: GatewayOptions) {
		this.#options = options;
		this.#instances = new Instances((app, name) => options.instance(app, name));
		this.#maxBodyBytes = options.maxBodyBytes ?? 100 * 1024 * 1024;
		this.#responseTimeoutMs = options.responseTimeoutMs ?? 150_000;
		this.#server = createServer(serverOptions(options));
		this.#server.on("request", (request, response) => void this.#handle(request, response, false));
		this.#sockets = new OpenSockets(this.#server);
		this.#server.on("checkContinue", (request, response) => {
			this.#sockets.hold(request.socket, response);
			void this.#handle(request, response, true);
		});
		this.#server.on("upgrade", (request, socket, head) => {
			this.#sockets.hold(request.socket, socket);
			void this.#upgrade(request, socket, head);
		});
	}

	listen(port: number, host: string): Promise<{ host: string; port: number }> {
		return new Promise((resolve, reject) => {
			this.#server.once("error", reject);
			this.#server.listen(port, host, () => {
				this.#server.off("error", reject);
				const address = this.#server.address() as AddressInfo;
				resolve({ host: address.address, port: address.port });
			});
		});
	}

	async close({ graceMs = 30_000 } = {}): Promise<void> {
		const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
		this.#sockets.endUnused();
		const timer = setTimeout(() => {
			this.#server.closeAllConnections();
			for (const socket of this.#upgraded) socket.destroy();
		}, graceMs);
		await closed;
		clearTimeout(timer);
		await this.#instances.close();
	}

	/** What is wrong with the request as such, before anybody is asked. */
	#check(request: IncomingMessage): Checked {
		const { headers, url = "" } = request;
		const fault = faultOf(request);
		if (fault !== undefined) {
			return { route: undefined, problem: fault === "malformed" ? PROBLEMS.malformed : undefined };
		}
		const { route, ...routing } = matchRoute(url, this.#options.functions);
		if (route === undefined)
			return { route, problem: PROBLEMS["reason" in routing ? routing.reason : "unknown"] };
		const bounds = this.#bounds(route);
		if (Number(headers["content-length"] ?? 0) > bounds.bodyBytes) {
			this.#answered(route, PROBLEMS.tooLarge.status, performance.now());
			return { route: undefined, problem: problemOf(PROBLEMS.tooLarge, route.function, bounds) };
		}
		return { route, bounds };
	}

	#bounds({ app, function: name }: Route): Bounds {
		const { maxBodyMB, timeoutSeconds } = this.#options.settings?.(app, name) ?? {};
		return {
			bodyBytes: maxBodyMB === undefined ? this.#maxBodyBytes : maxBodyMB * 1024 * 1024,
			timeoutMs: timeoutSeconds === undefined ? this.#responseTimeoutMs : timeoutSeconds * 1000,
		};
	}

	#forwardedHeaders(request: IncomingMessage, { prefix }: Route, requestId: string): string[] {
		const address = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
		const isTrusted = this.#options.trustForwarded ?? false;
		return forwardedRequestHeaders(request.rawHeaders, { address, prefix, requestId, isTrusted });
	}

	async #handle(request: IncomingMessage, response: ServerResponse, isWaiting: boolean): Promise<void> {
		// A client that goes away is seen as `close`; what was being written then is lost either way.
		response.on("error", () => response.destroy());
		const requestId = requestIdOf(request);
		const checked = this.#check(request);
		if (checked.route === undefined)
			return checked.problem && sendProblem(request, response, checked.problem, requestId);
		const { bounds, route } = checked;
		const sinceMs = performance.now();
		response.once("close", () => {
			this.#answered(route, response.headersSent ? response.statusCode : CLIENT_GONE, sinceMs);
		});
		const exchange: Exchange = {
			request,
			response,
			target: route.target,
			headers: this.#forwardedHeaders(request, route, requestId),
			requestId,
			maxBodyBytes: bounds.bodyBytes,
			responseTimeoutMs: bounds.timeoutMs,
		};
		let outcome = await this.#serve(route, exchange, isWaiting);
		// Nothing reached the function, not even the request line: another instance can have it.
		if (outcome === "unsent") outcome = await this.#serve(route, exchange, false);
		if (outcome === "unsent") outcome = PROBLEMS.broken;
		if (outcome === "done") return;
		sendProblem(request, response, problemOf(outcome, route.function, bounds), requestId);
	}

	#answered(route: Route, status: number, sinceMs: number): void {
		this.#options.onAnswer?.(route, { status, ms: performance.now() - sinceMs });
	}

	async #serve(route: Route, exchange: Exchange, isWaiting: boolean): Promise<Outcome> {
		const lease = await this.#instances.lease(route.app, route.function);
		if ("status" in lease) return lease;
		if (isWaiting) exchange.response.writeContinue();
		exchange.onAnswer = () => lease.instance.answered();
		try {
			const outcome = await forward(lease.pool, exchange);
			// While the function waits for the rest of a request, undici's time does not run out.
			if (outcome === PROBLEMS.timeout) lease.instance.timedOut();
			return outcome;
		} finally {
			lease.release();
		}
	}

	async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
		socket.on("error", () => socket.destroy());
		const requestId = requestIdOf(request);
		const checked = this.#check(request);
		const refuse = (problem: Problem) =>
			sendProblem(request, responseOn(request, socket), problem, requestId);
		if (checked.route === undefined) return checked.problem && refuse(checked.problem);
		if (!isWebSocket(request)) return refuse(PROBLEMS.upgrade);
		const { bounds, route } = checked;
		const sinceMs = performance.now();
		const lease = await this.#instances.lease(route.app, route.function);
		if ("status" in lease) {
			this.#answered(route, lease.status, sinceMs);
			return refuse(problemOf(lease, route.function, bounds));
		}
		this.#upgraded.add(socket);
		this.#answered(route, 101, sinceMs);
		try {
			const headers = this.#forwardedHeaders(request, route, requestId);
			const parts = { target: route.target, headers, requestId };
			await forwardUpgrade(lease.instance, { request, socket, head }, parts, bounds.timeoutMs);
		} finally {
			this.#upgraded.delete(socket);
			lease.release();
		}
	}
}

/** A gateway that does not listen yet. */
export function createGateway(options: GatewayOptions): Gateway {
	return new NodeGateway(options);
}
