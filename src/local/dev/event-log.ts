/** Converts the platform's own log to events. Only errors are passed on, because the rest is for operators. */
import type { Log } from "../../platform/faults/log.ts";
import type { OnEvent } from "./events.ts";

/** @returns a log. A line of it never contains a value */
export function eventLog(onEvent: OnEvent): Log {
	const report = (details: unknown, message?: unknown) => {
		const text = typeof details === "string" ? details : String(message ?? "");
		const facts = typeof details === "object" ? ` ${JSON.stringify(details)}` : "";
		onEvent({ event: "internal", message: `${text}${facts}` });
	};
	return { info: () => {}, warn: () => {}, error: report } as Log;
}
