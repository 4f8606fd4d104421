/** What the platform does with the reports of its gateways, in whatever process they run. */
import type { GatewayOptions } from "./gateway/options.ts";
import { LOGGED_PER_SECOND_MAX } from "./gateway/tracking/logging-budget.ts";
import type { Core } from "./service/core.ts";
import { requestLog } from "./telemetry/request-log.ts";
import type { AnswerTimes } from "./telemetry/request-metrics.ts";

type Callbacks = Required<
	Pick<GatewayOptions, "onAnswer" | "onInvalidAnswer" | "onRefused" | "onRequest" | "onUnlogged">
>;

export interface GatewayReports extends Callbacks {
	/** As `onAnswer`, for many answers with the same status. */
	readonly onAnswers: (
		route: Parameters<Callbacks["onAnswer"]>[0],
		status: number,
		times: AnswerTimes,
	) => void;
}

/** Stores and counts what a gateway reports. */
export function gatewayReports(core: Core): GatewayReports {
	const { apps, clock, log, logs, metrics } = core;
	return {
		onAnswer: (route, { ms, status }) => core.answered(route, status, [[ms, 1]]),
		onAnswers: (route, status, times) => core.answered(route, status, times),
		onRequest: requestLog(core),
		onUnlogged: ({ app, function: name }, requests) => {
			const lifetime = name === undefined ? undefined : apps.find(app)?.functionLifetime(name);
			if (lifetime === undefined) {
				log.warn({ app, requests }, "requests to an app were not logged: there were too many");
				return;
			}
			logs.append(lifetime.app, lifetime.function, {
				time: new Date(clock.now()).toISOString(),
				level: "info",
				message: `${requests.toLocaleString("en")} requests are not in the request log: it takes at most ${LOGGED_PER_SECOND_MAX.toLocaleString("en")} a second that succeed, and as many that fail. The metrics count all of them.`,
			});
		},
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
