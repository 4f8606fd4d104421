/** The report of a comparison of two environments. */
import type { ComparedSecret, Difference } from "../../project/secrets/compare-environments.ts";
import type { LiveSecret } from "../../project/secrets/read-secrets.ts";
import type { EnvironmentState } from "../../vault/chains/membership.ts";
import { authorName } from "../../vault/records/secret-history.ts";
import { formatMinute } from "../context/instant.ts";
import { count, MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

/** A secret in one of the environments. Stable: other programs rely on it. */
interface DiffSide {
	version: number;
	/** Null if no member ever had the author's key; `member` is false if the author was removed. */
	by: { name: string; member: boolean } | null;
	/** The author's date of the first commit that has the version, which nothing verifies; null if none has it. */
	committedAt: string | null;
	/** Only with `--reveal`, and only where the values differ. */
	value?: string;
}

/** Stable. */
export interface DiffResult {
	first: string;
	second: string;
	/** Whether both environments have the same names with the same values. */
	equal: boolean;
	/** Sorted by name. A side is null if that environment does not have the name. */
	secrets: { name: string; difference: Difference; first: DiffSide | null; second: DiffSide | null }[];
}

interface Described {
	/** Milliseconds since 1970, by the body of the record. */
	readonly dates: ReadonlyMap<string, number>;
	readonly reveal: boolean;
}

function sideOf(
	secret: LiveSecret | undefined,
	state: EnvironmentState,
	{ dates, reveal }: Described,
): DiffSide | null {
	if (secret === undefined) return null;
	const { record, value } = secret;
	const author = authorName(state, record.author);
	const atMs = dates.get(record.body);
	return {
		version: record.version,
		by: author ? { name: author.name, member: author.isMember } : null,
		committedAt: atMs === undefined ? null : new Date(atMs).toISOString(),
		...(reveal ? { value } : {}),
	};
}

/** @param states the memberships, which give the authors' names */
export function describeDiff(
	compared: readonly ComparedSecret[],
	states: Readonly<Record<"first" | "second", EnvironmentState>>,
	described: Described,
): DiffResult {
	const secrets = compared.map(({ name, difference, first, second }) => {
		const shown = { ...described, reveal: described.reveal && difference !== "same" };
		return {
			name,
			difference,
			first: sideOf(first, states.first, shown),
			second: sideOf(second, states.second, shown),
		};
	});
	return {
		first: states.first.name,
		second: states.second.name,
		equal: secrets.every(({ difference }) => difference === "same"),
		secrets,
	};
}

function sideText(side: DiffSide | null): string {
	if (side === null) return "-";
	const by =
		side.by === null ? "an unknown author" : side.by.member ? side.by.name : `${side.by.name} (removed)`;
	const when = side.committedAt === null ? "not committed yet" : formatMinute(side.committedAt);
	return `v${side.version}, ${by}, ${when}`;
}

export function renderDiff(result: DiffResult, terminal: Terminal): void {
	const { first, second, secrets } = result;
	const words: Readonly<Record<Difference, string>> = {
		different: "different",
		"first-only": `only in ${first}`,
		"second-only": `only in ${second}`,
		same: "same",
	};
	const rows = secrets.map((one) => [
		one.name,
		words[one.difference],
		sideText(one.first),
		sideText(one.second),
	]);
	if (rows.length > 0) terminal.table(rows, ["NAME", "STATE", first.toUpperCase(), second.toUpperCase()]);
	for (const one of secrets) {
		for (const [environment, side] of [
			[first, one.first],
			[second, one.second],
		] as const)
			if (side?.value !== undefined)
				terminal.line(`${one.name} in ${environment}: ${JSON.stringify(side.value)}`);
	}
	const differing = secrets.filter(({ difference }) => difference !== "same").length;
	if (result.equal) terminal.line(`${MARKS.same} ${count(secrets.length, "secret")} compared, all the same.`);
	else terminal.line(`  ${count(secrets.length, "secret")} compared, ${differing} not the same.`);
}
