/** Formats the events of `coffer watch`. */
import type { WatchEvent } from "../../sync/watching/events.ts";
import { appWords, loadedKind } from "../../targets/kinds.ts";
import { MARKS } from "../shell/render.ts";
import { listNames } from "./edit-result.ts";
import { redeployLine } from "./redeploy-lines.ts";

export type { WatchEvent };

/** The local time of an event: `14:03:07`. */
export function clockTime(at: Date): string {
	const two = (number: number) => String(number).padStart(2, "0");
	return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
}

/** One event as a line. The error of a failed function follows on further lines. */
export function watchEventLine(event: WatchEvent): string {
	switch (event.event) {
		case "watching":
			return `Watching ${event.root} (environment '${event.environment}', ${event.platform}). Press Ctrl-C to stop.`;
		case "relinked":
			return `${MARKS.pending} coffer.json links the environment with app '${event.app}' on ${event.platform} now.`;
		case "synced": {
			const isDeleted = (name: string) => event.deleted.includes(name);
			const part = (verb: string, names: readonly string[]) =>
				names.length > 0 ? `, ${verb} ${listNames(names)}` : "";
			const live = (names: readonly string[]) => names.filter((name) => !isDeleted(name));
			return `${MARKS.ok} synced: revision ${event.revision}${part("sent", live(event.sent))}${part(
				"deleted",
				event.sent.filter(isDeleted),
			)}${part("received", live(event.taken))}${part("received the deletion of", event.taken.filter(isDeleted))}`;
		}
		case "sent": {
			const sent = event.sent.length > 0 ? ` sent ${listNames(event.sent)}` : "";
			const deleted = event.deleted.length > 0 ? ` deleted ${listNames(event.deleted)}` : "";
			return `${MARKS.ok} ${loadedKind(event.target).title} ${appWords(event.target, event.app)}:${sent}${deleted}`;
		}
		case "redeployed":
			return `${redeployLine(event.result)}${event.result.error === undefined ? "" : `\n${event.result.error}`}`;
		case "function": {
			const { name, status, url, error } = event.result;
			if (event.again) return `${MARKS.failed} ${name}  failed again with the same error`;
			return status === "failed"
				? `${MARKS.failed} ${name}  failed\n${error ?? ""}`
				: `${MARKS.ok} ${name}  ${status}  ${url}`;
		}
		case "missing":
			return `${MARKS.pending} ${listNames(event.functions)}  missing in the project; will be deleted from the platform unless its files come back`;
		case "deleted":
			return `${MARKS.ok} ${listNames(event.functions)}  deleted from the platform, because the project no longer has it`;
		case "recovered":
			return `${MARKS.ok} ${event.work === "sync" ? "Syncing" : "Deploying"} works again.`;
		case "out-of-reach":
			return `${MARKS.pending} ${event.message} Trying again.`;
		case "failed":
			return `${MARKS.failed} ${event.message} ${event.hint}`;
		case "stopped":
			return "Stopped.";
	}
}
