/**
 * The gateway processes. They share one listener (`node:cluster`), which stays open while another gateway has it. If
 * the only one ends, its replacement opens the same address again.
 */
import cluster from "node:cluster";
import { createServer } from "node:net";
import { decodeError, encodeError } from "../../channel/remote-error.ts";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { listenOn } from "../../http/listen.ts";
import type { Instance } from "../../runtime/runtime.ts";
import type { GatewayConfiguration } from "../configuration.ts";
import type { FromGateway } from "../gateway/worker-messages.ts";
import type { Report } from "../report.ts";
import { Routes, type RoutesUpdate } from "../routes.ts";
import type { ControlLink } from "./control-link.ts";
import { GatewayWorker } from "./gateway-worker.ts";
import type { HostedRuntime, InstanceObserver } from "./hosted-runtime.ts";

/** The delay before a gateway that has ended is replaced. One that cannot start must not use the whole machine. */
const RESTART_MS = 200;
/** The approximate size of a request in a report. */
const REQUEST_BYTES = 150;
/** The time that a gateway has, beyond its grace period, to end. */
const END_MS = 2_000;

export interface GatewaysOptions {
	readonly configuration: GatewayConfiguration;
	readonly link: ControlLink;
	readonly hosted: HostedRuntime;
	readonly faults: FaultBoundary;
}

/** A port that was free a moment ago. */
async function freePort(host: string): Promise<number> {
	const server = createServer();
	const { port } = await listenOn(server, 0, host);
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** The approximate size of a report. */
function bytesOf({ requests, rows }: Report): number {
	return requests.length * REQUEST_BYTES + (rows?.text.length ?? 0);
}

export class Gateways implements InstanceObserver {
	readonly #options: GatewaysOptions;
	/** The same for all gateways, because they share a listener only if they ask for the same address. */
	#configuration: GatewayConfiguration;
	readonly #workers = new Set<GatewayWorker>();
	readonly #routes = new Routes();
	#address: Promise<{ host: string; port: number }> | undefined;
	/** Until when functions may be served. Undefined: for ever. */
	#servesUntilMs: number | undefined;
	/** The port of the listener. Undefined before it is open. */
	port: number | undefined;
	#isClosing = false;

	constructor(options: GatewaysOptions) {
		this.#options = options;
		this.#configuration = options.configuration;
	}

	/** Starts the gateways, unless they run. @throws AppError `ADDRESS_UNAVAILABLE` (exit 6) */
	listen(): Promise<{ host: string; port: number }> {
		this.#address ??= this.#begin();
		return this.#address;
	}

	async #begin(): Promise<{ host: string; port: number }> {
		const { count, host, port, program } = this.#configuration;
		cluster.schedulingPolicy = cluster.SCHED_NONE;
		cluster.setupPrimary({ exec: program, args: [], execArgv: [], silent: false });
		if (count > 1 && port === 0) this.#configuration = { ...this.#configuration, port: await freePort(host) };
		const first = await this.#start();
		this.#configuration = { ...this.#configuration, port: first.port };
		this.port = first.port;
		await Promise.all(Array.from({ length: count - 1 }, () => this.#start()));
		return first;
	}

	/** Starts one gateway. Resolves when it listens, and replaces it when it ends. */
	#start(): Promise<{ host: string; port: number }> {
		return new Promise((resolve, reject) => {
			let isListening = false;
			const worker = new GatewayWorker(cluster.fork(), (message) => {
				if (message.type === "hello") {
					this.#workers.add(worker);
					if (this.#servesUntilMs !== undefined) worker.send({ type: "serve", untilMs: this.#servesUntilMs });
					worker.send({ type: "begin", configuration: this.#configuration, routes: this.#snapshot() });
				} else if (message.type === "listening") {
					isListening = true;
					resolve(message);
				} else if (message.type === "failed") reject(decodeError(message.error));
				else this.#options.faults.run(() => this.#handle(worker, message));
			});
			void worker.ended.then(() => {
				this.#workers.delete(worker);
				reject(new Error("A gateway's process ended before it listened."));
				if (isListening && !this.#isClosing) this.#replace();
			});
		});
	}

	/** Starts another gateway at the same address. */
	#replace(): void {
		this.#options.link.log.warn("a gateway has ended, and is replaced");
		const again = async () => {
			if (this.#isClosing) return;
			await this.listen();
			await this.#start().catch(() => this.#replace());
		};
		setTimeout(this.#options.faults.callback(again), RESTART_MS);
	}

	/** Resolves when every gateway routes requests accordingly. */
	async route(update: RoutesUpdate): Promise<void> {
		this.#routes.apply(update);
		await Promise.all([...this.#workers].map((worker) => worker.route(update)));
	}

	/** @param untilMs until when functions may be served, by the system's monotonic clock */
	serveUntil(untilMs: number): void {
		this.#servesUntilMs = untilMs;
		for (const worker of this.#workers) worker.send({ type: "serve", untilMs });
	}

	/** All routes, without instances that have ended: a gateway never learned of their end again. */
	#snapshot(): RoutesUpdate {
		return this.#routes.snapshot((id) => this.#options.hosted.find(id) !== undefined);
	}

	retire(id: string, instance: Instance): void {
		for (const worker of this.#workers) worker.retire(id, instance);
	}

	gone(id: string): void {
		for (const worker of this.#workers) worker.gone(id);
	}

	superseded(id: string): void {
		for (const worker of this.#workers) worker.send({ type: "supersede", instance: id });
	}

	/** Accepts no new connections, lets requests finish during the grace period, then ends the gateways. */
	async close(graceMs: number): Promise<void> {
		this.#isClosing = true;
		const workers = [...this.#workers];
		for (const worker of workers) worker.send({ type: "close", graceMs });
		const timer = setTimeout(() => {
			for (const worker of workers) worker.kill();
		}, graceMs + END_MS);
		await Promise.all(workers.map((worker) => worker.ended));
		clearTimeout(timer);
	}

	#handle(worker: GatewayWorker, message: FromGateway): void | Promise<void> {
		const { hosted, link } = this.#options;
		switch (message.type) {
			case "activity":
				return worker.count(message.changed, (id) => hosted.find(id));
			case "answered":
				return hosted.answered(message.instance);
			case "timedOut":
				return hosted.find(message.instance)?.timedOut();
			case "settle":
				return this.#settle(worker, message);
			case "ensure":
				return this.#ensure(worker, message);
			case "behind":
				return void worker.route(this.#snapshot());
			case "report":
				return link.emitKept("report", message.report, bytesOf(message.report));
			case "refused":
				return link.emit("refused", { reason: message.reason });
			case "fault":
				return link.emit("fault", { origin: message.origin });
			case "log":
				return link.log[message.level](message.fields, message.message);
			default:
		}
	}

	async #settle(worker: GatewayWorker, { call, instance }: FromGateway & { type: "settle" }): Promise<void> {
		await this.#options.hosted.settle(instance);
		worker.send({ type: "settled", call });
	}

	/** Asks the control plane for an instance. If it ends in the meantime, the next one is asked. */
	async #ensure(worker: GatewayWorker, message: FromGateway & { type: "ensure" }): Promise<void> {
		const { app, call, function: name } = message;
		try {
			const { instance } = (await this.#options.link.call("ensure", { app, function: name })).data;
			worker.send({ type: "ensured", call, ...(instance !== undefined && { instance }) });
		} catch (error) {
			if (!this.#options.link.isConnected) return await this.#ensure(worker, message);
			worker.send({ type: "ensured", call, error: encodeError(error) });
		}
	}
}
