/** What the control plane does with events of the data plane. Some arrive before the core is open, and wait for it. */
import type { DataPlaneEvents } from "./data-plane/client/events.ts";
import { RemoteInstance } from "./data-plane/client/remote-instance.ts";
import type { LineMessage } from "./data-plane/messages.ts";
import type { Report, ReportedTarget } from "./data-plane/report.ts";
import { readRows } from "./data-plane/request-rows.ts";
import type { FaultBoundary } from "./faults/error-boundary.ts";
import type { RequestedFunction } from "./gateway/answered-request.ts";
import { PATH_CHARACTERS_MAX } from "./gateway/tracking/request-tracker.ts";
import { type GatewayReports, gatewayReports } from "./gateway-reports.ts";
import type { DenoRuntimeOptions } from "./runtime/deno-options.ts";
import type { Core } from "./service/core.ts";

interface Opened {
	readonly core: Core;
	readonly reports: GatewayReports;
}

type FindInstance = Parameters<DataPlaneEvents["report"]>[1];

/** For an index that the report does not have. */
const NO_TARGET: ReportedTarget = ["", null, null, null];

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

	report(report: Report, find: FindInstance): void {
		this.#faults.run(async () => this.#handle((await this.#core).reports, report, find));
	}

	#handle(reports: GatewayReports, report: Report, find: FindInstance): void {
		const { answers, faults, requests, rows, targets, unlogged } = report;
		for (const [target, status, durations] of answers) {
			const { app, function: name, firstDeployment } = requestedOf(targets[target]);
			const route = { app, function: name ?? "", firstDeployment };
			reports.onAnswers(route, status, durations);
		}
		for (const [app, name, fault] of faults) reports.onInvalidAnswer({ app, function: name }, fault);
		if (rows !== undefined)
			readRows(rows.text, rows.sinceMs, (target, request) => {
				request.path = pathOf(request.path, targets[target], find);
				reports.onRequest(requestedOf(targets[target]), request, undefined);
			});
		for (const [target, method, path, status, ms, bytes, id, reason, atMs, protocol] of requests) {
			const redacted = pathOf(path, targets[target], find);
			const request = { method, path: redacted, protocol, status, ms, bytes, id, reason, atMs };
			reports.onRequest(requestedOf(targets[target]), request, undefined);
		}
		for (const [target, count] of unlogged) reports.onUnlogged(requestedOf(targets[target]), count);
	}
}

function requestedOf([app, name, firstDeployment]: ReportedTarget = NO_TARGET): RequestedFunction {
	return { app, function: name ?? undefined, firstDeployment: firstDeployment ?? undefined };
}

/** The path with the values of secrets redacted. Without the instance that has them, it is cut. */
function pathOf(
	path: string,
	[app, name, , instance]: ReportedTarget = NO_TARGET,
	find: FindInstance,
): string {
	const prefix = `/${app}/${name}`;
	// A request to a host of the app has a path without the app.
	const isBare = path === prefix || path === `/${name}`;
	if (instance === null || isBare) return path;
	return find(instance)?.redact(path, PATH_CHARACTERS_MAX) ?? `${prefix}/…`;
}
