/** Suggestions that bring back what this clone's git and the platforms do not offer as a whole. */
import type { VaultDocument } from "../../vault/document/document.ts";
import { restoringIn } from "../session/restoring.ts";
import type { SearchResult } from "./search.ts";
import type { EnvironmentSurvey } from "./survey.ts";

/** One suggestion: what it does, as a clause that is followed by a colon, and the commands. */
export interface Suggestion {
	readonly words: string;
	readonly commands: readonly string[];
}

/** The suggestion to restore one record, if the membership is the remembered one. */
export function byRestore(
	document: VaultDocument,
	surveys: readonly EnvironmentSurvey[],
	{ found }: Pick<SearchResult, "found">,
): Suggestion | undefined {
	const older = new Set(
		surveys
			.filter(({ lacking }) => lacking.some(({ kind }) => kind === "link"))
			.map(({ environment }) => environment),
	);
	const record = found.find(
		({ environment, kind, lacking }) =>
			kind === "elsewhere" && lacking.kind === "record" && !older.has(environment),
	);
	if (record?.lacking.kind !== "record") return undefined;
	const { environment } = record;
	const signs = surveys.filter((each) => each.environment === environment).map(({ sign }) => sign);
	const { words, command } = restoringIn(document, signs, { environment, name: record.lacking.name });
	return { words, commands: [command] };
}

/** The suggestion to fetch changes that may be in another folder of this device, which nothing here can search. */
export function byOtherFolder(): Suggestion {
	return {
		words:
			"To get changes from another clone or worktree of this device, commit and push them there, and then run here",
		commands: ["git pull"],
	};
}
