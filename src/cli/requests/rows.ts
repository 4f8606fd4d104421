/** Requests as data and as text. Reasons come from others: they are printed as quoted text, and nothing acts on them. */
import type { JudgedRequest, RequestState } from "../../vault/requests/answers.ts";
import { formatMinute } from "../context/instant.ts";
import type { Terminal } from "../shell/terminal.ts";

export interface RequestRow {
	readonly id: string;
	readonly name: string;
	readonly environment: string;
	readonly state: RequestState;
	/** The member who asks, or the name that an asker without a member's identity gave. */
	readonly by: string;
	/** Whether a signature shows that `by` is a member. */
	readonly verified: boolean;
	/** By the asker's clock; nothing verifies it. */
	readonly at: string;
	readonly reason: string;
	/** The writer who declined it, and why. */
	readonly declined: { readonly by: string; readonly at: string; readonly reason: string } | null;
}

export function rowOf({ asker, decline, entry, state }: JudgedRequest): RequestRow {
	const { at, by, environment, id, name, reason } = entry;
	return {
		...{ id, name, environment, state, at, reason },
		by: asker?.name ?? by,
		verified: asker !== undefined,
		declined: decline ? { by: decline.by, at: decline.entry.at, reason: decline.entry.reason } : null,
	};
}

/** Who asks, since when: `ben@desk, since 2026-11-30 04:00 UTC`. */
export function askerText({ at, by, verified }: RequestRow): string {
	return `${verified ? by : `"${by}" (not verified)`}, since ${formatMinute(at)}`;
}

/** Prints a request with its reason, and why it was declined. */
export function renderRequest(row: RequestRow, terminal: Terminal): void {
	terminal.line(`${row.name} in ${row.environment}, asked for by ${askerText(row)}`);
	terminal.paragraph(`  "${row.reason}"`, "   ");
	if (!row.declined) return;
	terminal.line(`  declined by ${row.declined.by}, ${formatMinute(row.declined.at)}`);
	terminal.paragraph(`  "${row.declined.reason}"`, "   ");
}
