/** The lines that `coffer watch` prints. */
import type { WatchEvent } from "../sync/watch.ts";
import { listNames } from "./edit-result.ts";
import { MARKS } from "./render.ts";
import { redeployLine } from "./wait/redeploy-lines.ts";

export type { WatchEvent };

/** One event as a line (a failed function's error follows on further lines). */
export function watchEventLine(event: WatchEvent): string {
	switch (event.event) {
		case "watching":
			return `Watching ${event.root} (environment '${event.environment}', ${event.platform}); Ctrl-C ends it.`;
		case "synced": {
			const sent = event.sent.length > 0 ? `, sent ${listNames(event.sent)}` : "";
			const taken = event.taken.length > 0 ? `, took ${listNames(event.taken)}` : "";
			return `${MARKS.ok} synced: revision ${event.revision}${sent}${taken}`;
		}
		case "sent": {
			const sent = event.sent.length > 0 ? ` sent ${listNames(event.sent)}` : "";
			const deleted = event.deleted.length > 0 ? ` deleted ${listNames(event.deleted)}` : "";
			return `${MARKS.ok} Base44 app '${event.app}':${sent}${deleted}`;
		}
		case "redeployed":
			return `${redeployLine(event.result)}${event.result.error === undefined ? "" : `\n${event.result.error}`}`;
		case "function": {
			const { name, status, url, error } = event.result;
			return status === "failed"
				? `${MARKS.failed} ${name}  failed\n${error ?? ""}`
				: `${MARKS.ok} ${name}  ${status}  ${url}`;
		}
		case "out-of-reach":
			return `${MARKS.pending} ${event.message} Trying again.`;
		case "failed":
			return `${MARKS.failed} ${event.message} ${event.hint}`;
		case "stopped":
			return "Stopped.";
	}
}
