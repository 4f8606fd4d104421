/** What the control plane does with events of the data plane. Some arrive before the core is open, and wait for it. */
import type { DataPlaneEvents } from "./data-plane/client/events.ts";
import { RemoteInstance } from "./data-plane/client/remote-instance.ts";
import type { LineMessage } from "./data-plane/messages.ts";
import type { Report, ReportedRequest } from "./data-plane/report.ts";
import type { FaultBoundary } from "./faults/error-boundary.ts";
import { PATH_CHARACTERS_MAX } from "./gateway/request-tracker.ts";
import { type GatewayReports, gatewayReports } from "./gateway-reports.ts";
import type { DenoRuntimeOptions } from "./runtime/deno-options.ts";
import type { Core } from "./service/core.ts";

interface Opened {
	readonly core: Core;
	readonly reports: GatewayReports;
}

type FindInstance = Parameters<DataPlaneEvents["report"]>[1];

export class CoreEvents implements DataPlaneEvents {
	readonly #onLine: DenoRuntimeOptions["onLine"] & object;
	readonly #faults: FaultBoundary;
	readonly #core: Promise<Opened>;
	#opened: (opened: Opened) => void = () => {};

	/** @param faults handles exceptions in the processing of reports */
	constructor(onLine: DenoRuntimeOptions["onLine"] & object, faults: FaultBoundary) {
		this.#onLine = onLine;
		this.#faults = faults;
		this.#core = new Promise((resolve) => {
			this.#opened = resolve;
		});
	}

	/** The core is open. */
	open(core: Core): void {
		this.#opened({ core, reports: gatewayReports(core) });
	}

	async ensure(app: string, name: string): Promise<RemoteInstance | undefined> {
		const { core } = await this.#core;
		const instance = await core.instance(app, name);
		return instance instanceof RemoteInstance ? instance : undefined;
	}

	lines(lines: readonly LineMessage[]): void {
		for (const { app, lifetime, line, name } of lines) this.#onLine(app, lifetime, line, name);
	}

	refused(reason: Parameters<DataPlaneEvents["refused"]>[0]): void {
		void this.#core.then(({ reports }) => reports.onRefused(reason));
	}

	report(text: Buffer, find: FindInstance): void {
		const report = JSON.parse(text.toString("utf8")) as Report;
		const handle = async () => this.#handle(await this.#core, report, find);
		this.#faults.run(handle);
	}

	#handle(
		{ core, reports }: Opened,
		{ answers, dropped, faults, requests }: Report,
		find: FindInstance,
	): void {
		for (const [app, name, firstDeployment, status, ms] of answers)
			reports.onAnswer({ app, function: name, firstDeployment }, { status, ms });
		for (const [app, name, fault] of faults) reports.onInvalidAnswer({ app, function: name }, fault);
		for (const request of requests) {
			const { app, firstDeployment, function: name, instance, ...rest } = request;
			const requested = { app, function: name, firstDeployment };
			reports.onRequest(requested, { ...rest, path: pathOf(request, find) }, undefined);
		}
		if (dropped > 0) core.log.warn({ requests: dropped }, "requests were not logged: there were too many");
	}
}

/** The path with the values of secrets redacted. Without the instance that has them, it is cut. */
function pathOf({ app, function: name, instance, path }: ReportedRequest, find: FindInstance): string {
	const prefix = `/${app}/${name}`;
	// A request to a host of the app has a path without the app.
	const isBare = path === prefix || path === `/${name}`;
	if (instance === undefined || isBare) return path;
	return find(instance)?.redact(path, PATH_CHARACTERS_MAX) ?? `${prefix}/…`;
}
