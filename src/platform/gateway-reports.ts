/** What the platform does with the reports of its gateways, in whatever process they run. */
import type { GatewayOptions } from "./gateway/options.ts";
import type { Core } from "./service/core.ts";
import { requestLog } from "./telemetry/request-log.ts";

export type GatewayReports = Required<
	Pick<GatewayOptions, "onAnswer" | "onInvalidAnswer" | "onRefused" | "onRequest">
>;

/** Stores and counts what a gateway reports. */
export function gatewayReports(core: Core): GatewayReports {
	const { apps, clock, logs, metrics } = core;
	return {
		onAnswer: (route, answer) => core.answered(route, answer),
		onRequest: requestLog(core),
		onRefused: (bound) => metrics.refused("gateway", bound),
		onInvalidAnswer: (route, fault) => {
			metrics.invalidAnswer(route);
			const message = `The function's answer was not valid, so the client got 502: ${fault}.`;
			const lifetime = apps.find(route.app)?.functionLifetime(route.function);
			if (lifetime === undefined) return;
			const time = new Date(clock.now()).toISOString();
			logs.append(lifetime.app, lifetime.function, { time, level: "error", message });
		},
	};
}
