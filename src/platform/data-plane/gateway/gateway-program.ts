/**
 * The program of a gateway process. The data plane starts it, tells it the routes, and learns from it which instances
 * are busy.
 */
import { decodeError, type EncodedError, encodeError } from "../../channel/remote-error.ts";
import { FaultBoundary } from "../../faults/error-boundary.ts";
import type { Log } from "../../faults/log.ts";
import { createGateway, type Gateway } from "../../gateway/gateway.ts";
import { bindAddress } from "../../http/bind-address.ts";
import { budgetOf, descriptorLimit } from "../../http/descriptors.ts";
import type { GatewayConfiguration } from "../configuration.ts";
import type { LiveInstance } from "./live-instance.ts";
import { LiveRoutes } from "./live-routes.ts";
import { Reports } from "./reports.ts";
import type { FromGateway, ToGateway } from "./worker-messages.ts";

/** The delay after which a change of an instance's activity is sent. */
const ACTIVITY_MS = 50;

/** The calls to the data plane that wait for their answers. */
class Calls<Result> {
	readonly #pending = new Map<number, (result: Result) => void>();
	#last = 0;

	begin(send: (call: number) => void): Promise<Result> {
		return new Promise((resolve) => {
			const call = ++this.#last;
			this.#pending.set(call, resolve);
			send(call);
		});
	}

	end(call: number, result: Result): void {
		this.#pending.get(call)?.(result);
		this.#pending.delete(call);
	}
}

class GatewayProcess {
	readonly #ensures = new Calls<{ instance?: string; error?: EncodedError }>();
	readonly #settles = new Calls<void>();
	readonly #changed = new Set<LiveInstance>();
	readonly #faults = new FaultBoundary("gateway", this.#log(), () =>
		this.#send({ type: "fault", origin: "gateway" }),
	);
	readonly #reports = new Reports((report) => this.#send({ type: "report", report }));
	readonly #routes = new LiveRoutes({
		send: (message) => this.#send(message),
		settle: (instance) => this.#settles.begin((call) => this.#send({ type: "settle", call, instance })),
		ensure: (app, name) => this.#ensure(app, name),
		onActivity: (instance) => this.#note(instance),
	});
	#gateway: Gateway | undefined;

	run(): void {
		process.on("message", (message: ToGateway) => this.#handle(message));
		// The data plane ends the gateway, so that requests in flight are finished.
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
		process.on("disconnect", () => process.exit(0));
		process.on("uncaughtException", (error) => this.#failed(error));
		this.#send({ type: "hello" });
	}

	#failed(error: unknown): void {
		this.#send({ type: "fault", origin: "process" });
		this.#faults.note(error);
	}

	#send(message: FromGateway): void {
		if (process.connected) process.send?.(message, undefined, undefined, () => {});
	}

	#log(): Log {
		const at = (level: "info" | "warn" | "error") => (fields: Record<string, unknown>, message: string) =>
			this.#send({ type: "log", level, fields, message });
		return { info: at("info"), warn: at("warn"), error: at("error") } as Log;
	}

	#handle(message: ToGateway): void {
		switch (message.type) {
			case "begin":
				void this.#begin(message);
				return;
			case "route":
				this.#route(message);
				return;
			case "serve":
				this.#routes.serveUntil(message.untilMs);
				return;
			case "retire":
				this.#retire(message.instance);
				return;
			case "gone":
				this.#routes.gone(message.instance);
				return;
			case "supersede":
				this.#routes.find(message.instance)?.probation?.supersede();
				return;
			case "ensured":
				this.#ensures.end(message.call, message);
				return;
			case "settled":
				this.#settles.end(message.call);
				return;
			case "close":
				void this.#close(message.graceMs);
		}
	}

	/** Gives an instance no further request. The data plane learns when it has none, also of one that was never routed. */
	#retire(id: string): void {
		const instance = this.#routes.find(id);
		if (instance === undefined) this.#send({ type: "drained", instance: id });
		else instance.retire();
	}

	async #begin({ configuration, routes }: ToGateway & { type: "begin" }): Promise<void> {
		this.#routes.apply(routes);
		const { host, port } = configuration;
		try {
			const gateway = this.#open(configuration);
			this.#gateway = gateway;
			const address = await bindAddress("gateway", { host, port }, () => gateway.listen(port, host));
			this.#send({ type: "listening", ...address });
		} catch (error) {
			this.#send({ type: "failed", error: encodeError(error) });
			process.disconnect();
		}
	}

	#open({ maxBodyBytes, responseTimeoutMs, tls }: GatewayConfiguration): Gateway {
		const { functions, hosts, instance, settings } = this.#routes;
		const { onAnswer, onInvalidAnswer, onRequest, onUnlogged } = this.#reports;
		return createGateway({
			...{ functions, hosts, instance, settings, onAnswer, onInvalidAnswer, onRequest, onUnlogged },
			...{ maxBodyBytes, responseTimeoutMs },
			onRefused: (reason) => this.#send({ type: "refused", reason }),
			faults: this.#faults,
			...(tls.length > 0 && { tls: { pairs: tls, log: this.#log() } }),
			limits: budgetOf(descriptorLimit(), 0),
		});
	}

	#route({ call, update }: ToGateway & { type: "route" }): void {
		try {
			this.#routes.apply(update);
		} catch {
			this.#send({ type: "behind" });
		}
		this.#send({ type: "done", call });
	}

	async #ensure(app: string, name: string): Promise<string | undefined> {
		const { error, instance } = await this.#ensures.begin((call) =>
			this.#send({ type: "ensure", call, app, function: name }),
		);
		if (error !== undefined) throw decodeError(error);
		return instance;
	}

	/** Reports the activity of an instance soon, with that of others. */
	#note(instance: LiveInstance): void {
		if (this.#changed.size === 0) setTimeout(() => this.#sendActivity(), ACTIVITY_MS);
		this.#changed.add(instance);
	}

	#sendActivity(): void {
		const changed = [...this.#changed].map(({ id, inFlight }) => ({ instance: id, inFlight }));
		this.#changed.clear();
		this.#send({ type: "activity", changed });
	}

	async #close(graceMs: number): Promise<void> {
		await this.#gateway?.close({ graceMs });
		this.#reports.flush();
		process.disconnect();
	}
}

new GatewayProcess().run();
