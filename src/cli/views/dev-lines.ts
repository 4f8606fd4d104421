/** Formats the events of `coffer dev`. */
import { inEnvironment } from "../../environment-hint.ts";
import type { Cause, DevEvent } from "../../local/dev/events.ts";
import { count, MARKS, styled } from "../shell/render.ts";
import { listNames } from "./edit-result.ts";

type EventOf<Kind extends DevEvent["event"]> = Extract<DevEvent, { event: Kind }>;

/** The change, as a clause: `functions/hello/index.ts changed`. Empty if there is none. */
function changeText({ files, secrets }: Cause): string {
	const [first, ...more] = files;
	if (first !== undefined)
		return more.length > 0 ? `${first} and ${count(more.length, "other file")} changed` : `${first} changed`;
	if (secrets.length === 0) return "";
	return `${secrets.length === 1 ? "secret" : "secrets"} ${listNames(secrets)} changed`;
}

function startedText({ cause, function: name, ms, restarted, url }: EventOf<"started">): string {
	const change = changeText(cause);
	if (change === "") return `${MARKS.ok} ${name}  ${url}`;
	return `${MARKS.ok} ${name} ${restarted ? "restarted" : "started"} in ${ms} ms: ${change}`;
}

function unchangedText({ cause, function: name, idle }: EventOf<"unchanged">): string {
	const change = changeText(cause);
	if (idle) return `${MARKS.ok} ${name} is idle; its next request starts it: ${change}`;
	// A fault in the files was undone: they equal the version that serves requests.
	if (change === "")
		return `${MARKS.ok} ${name} has no fault any more, and was not restarted: its code is the same as before`;
	return `${MARKS.same} ${name} not restarted: ${change}, but its code is the same`;
}

function failedText({ cause, error, function: name, serving }: EventOf<"failed">): string {
	const change = changeText(cause);
	const reason = change === "" ? "" : `: ${change}`;
	const clause = serving ? "; the previous version still serves requests" : "";
	return `${MARKS.failed} ${name} failed${reason}${clause}\n${error}`;
}

function servingText({ environment, functions, url, watches }: EventOf<"serving">): string {
	const watching = watches ? "Watching for changes. " : "";
	return `Serving ${count(functions.length, "function")} at ${url}/NAME (environment '${environment}'). ${watching}Press Ctrl-C to stop.`;
}

function missingText({ secrets }: EventOf<"missing">, environment: string): string {
	const lines = secrets.map(({ name, places }) => {
		const [first] = places;
		const place = first === undefined ? "" : ` (${first.file}:${first.line})`;
		return `${MARKS.pending} ${name} is read, but not in the vault${place}`;
	});
	const [first] = secrets;
	const command = inEnvironment(`coffer secrets set ${first?.name ?? "NAME"}`, environment);
	return [...lines, `  To set it, in another terminal: ${command}`].join("\n");
}

/** One event as lines. The first one is the event's own, the others belong to it. */
export function devEventText(event: DevEvent, environment: string): string {
	switch (event.event) {
		case "serving":
			return servingText(event);
		case "started":
			return startedText(event);
		case "unchanged":
			return unchangedText(event);
		case "failed":
			return failedText(event);
		case "removed":
			return `${MARKS.ok} ${event.function} stopped, because the project no longer has it`;
		case "caution":
			return `${styled("yellow", "Warning:")} ${event.message}`;
		case "unread":
			return `${MARKS.same} ${listNames(event.secrets)} changed; no function reads it`;
		case "missing":
			return missingText(event, environment);
		case "warning":
			return `${MARKS.pending} ${event.function}  ${event.message}`;
		case "log":
			return `${styled(event.level === "error" ? "red" : "cyan", event.function)}  ${event.message}`;
		case "request":
			return styled("dim", `${event.method} ${event.path} ${event.status} ${Math.round(event.ms)} ms`);
		case "unreadable":
			return `${MARKS.failed} ${event.message} ${event.hint}`;
		case "internal":
			return `${MARKS.failed} An error in Coffer: ${event.message}`;
		case "stopping":
			return "Stopping. Press Ctrl-C again to stop at once.";
		case "stopped":
			return "Stopped.";
	}
}
