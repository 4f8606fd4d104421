/** Files with git's conflict markers. Reading refuses them; each has the result of resolving it. */
import { alice, bob, dave } from "../primitives.ts";
import type { Value, Vector } from "../vector.ts";
import type { VaultWriter } from "../writer.ts";
import { LINE, SMALL_VALUES, smallVault, vectorOf } from "./case.ts";

const CODE = "VAULT_CONFLICTED";
const [previewKey, apiKey, token] = SMALL_VALUES as [Value, Value, Value];

type Change = (vault: VaultWriter) => void;
type Style = "merge" | "diff3";

/** What git writes for one region that both sides changed: from the first line that differs to the last. */
function conflicted(ours: Change, theirs: Change, style: Style = "merge"): string {
	const [base, ...sides] = [() => undefined, ours, theirs].map((change: Change) => {
		const vault = smallVault();
		change(vault);
		return vault.lines();
	}) as [string[], string[], string[]];
	const all = [base, ...sides];
	const at = (lines: string[], index: number) => lines.at(index);
	const alike = (index: number) => all.every((lines) => at(lines, index) === at(base, index));
	let [head, tail] = [0, 0];
	while (alike(head) && head < Math.min(...all.map((lines) => lines.length))) head++;
	while (alike(-1 - tail) && head + tail < Math.min(...all.map((lines) => lines.length))) tail++;
	const [old, one, other] = all.map((lines) => lines.slice(head, lines.length - tail)) as [
		string[],
		string[],
		string[],
	];
	const ancestor = style === "diff3" ? ["||||||| base", ...old] : [];
	const region = ["<<<<<<< ours", ...one, ...ancestor, "=======", ...other, ">>>>>>> theirs"];
	return `${[...base.slice(0, head), ...region, ...base.slice(base.length - tail)].join("\n")}\n`;
}

type Resolved = Partial<Pick<Vector, "resolve" | "resolveLine" | "values">>;

function conflict(name: string, comment: string, content: string, resolved: Resolved): Vector {
	const line = content.split("\n").findIndex((text) => /^(<{7}|={7}|>{7}|\|{7})( |$)/.test(text)) + 1;
	return vectorOf(`conflict-${name}`, CODE, comment, content, { ...resolved, line });
}

const set =
	(name: string, value: string, version = 1): Change =>
	(vault) =>
		void vault.production.set(name, value, { version });
const both: readonly Value[] = [
	previewKey,
	apiKey,
	["production", "HERE", "1"],
	["production", "THERE", "2"],
	token,
];

function united(): Vector[] {
	const fine = (values: readonly Value[]) => ({ resolve: "good", values });
	const newer: Value = ["production", "API_KEY", "newer"];
	return [
		conflict(
			"two-names",
			"Each side set another name",
			conflicted(set("HERE", "1"), set("THERE", "2")),
			fine(both),
		),
		conflict(
			"two-names-diff3",
			"The same, with the ancestor",
			conflicted(set("HERE", "1"), set("THERE", "2"), "diff3"),
			fine(both),
		),
		conflict(
			"one-side-diff3",
			"One side set a new version and the other did not, as the ancestor shows",
			conflicted(set("API_KEY", "newer", 2), set("HERE", "1"), "diff3"),
			fine([previewKey, newer, ["production", "HERE", "1"], token]),
		),
		conflict(
			"same-value",
			"Both sides set the same value",
			conflicted(set("API_KEY", "newer", 2), (vault) =>
				vault.production.set("API_KEY", "newer", { version: 3, by: bob }),
			),
			fine([previewKey, newer, token]),
		),
		conflict(
			"member-on-one-side",
			"One side added a member",
			conflicted((vault) => void vault.production.add("reader", dave), set("HERE", "1")),
			fine([previewKey, apiKey, ["production", "HERE", "1"], token]),
		),
	];
}

const wrong = (resolve: string, resolveLine?: number) => ({ resolve, resolveLine });
const another = (vault: VaultWriter) => {
	const other = smallVault("another");
	vault.id = other.id;
	vault.links = other.links;
	for (const [name, section] of other.environments) vault.environments.set(name, section);
};
const set2 =
	(value: string, by = alice): Change =>
	(vault) =>
		void vault.production.set("API_KEY", value, { version: 2, by });

const undecided: Vector[] = [
	conflict(
		"one-name",
		"Both sides set one name, to two values",
		conflicted(set2("ours"), set2("theirs", bob)),
		wrong("MERGE_CONFLICT"),
	),
	conflict(
		"deleted-and-changed",
		"One side deleted what the other one changed",
		conflicted(
			set2("ours"),
			(vault) => void vault.production.set("API_KEY", "", { version: 2, kind: "deleted" }),
		),
		wrong("MERGE_CONFLICT"),
	),
	conflict(
		"two-vaults",
		"The sides are two vaults",
		conflicted(() => undefined, another),
		wrong("VAULTS_DIFFER", 1),
	),
	conflict(
		"members-forked",
		"Both sides changed the members",
		conflicted(
			(vault) => void vault.production.add("reader", dave),
			(vault) => void vault.production.add("writer", dave),
		),
		wrong("MEMBERSHIP_CONFLICT", LINE.addCarol + 4),
	),
	conflict(
		"environment-deleted",
		"One side deleted an environment",
		conflicted(
			() => undefined,
			(vault) => {
				vault.link(["delete", "preview"]);
				vault.environments.delete("preview");
			},
		),
		wrong("ENVIRONMENT_CONFLICT", LINE.preview + 1),
	),
	conflict(
		"forged-on-one-side",
		"A record of one side differs from what its author signed",
		conflicted(set("HERE", "1"), (vault) => void vault.production.set("THERE", "2", { author: bob.sign })),
		wrong("RECORD_FORGED"),
	),
	conflict(
		"malformed-on-one-side",
		"A record of one side is malformed",
		conflicted(set("HERE", "1"), (vault) => void vault.production.set("THERE", "2", { kind: "dead" })),
		wrong("VAULT_RECORD_MALFORMED"),
	),
];

function unreadable(): Vector[] {
	const lines = () => conflicted(set("HERE", "1"), set("THERE", "2"), "diff3").split("\n");
	const broken = (name: string, comment: string, spoil: (lines: string[]) => number) => {
		const text = lines();
		const resolveLine = spoil(text);
		return conflict(name, comment, text.join("\n"), { resolve: "VAULT_CONFLICT_UNREADABLE", resolveLine });
	};
	const at = (text: string[], marker: string) => text.findIndex((line) => line.startsWith(marker));
	const without = (marker: string) => (text: string[]) => void text.splice(at(text, marker), 1);
	return [
		broken("without-beginning", "The first marker is missing", (text) => {
			without("<<<<<<<")(text);
			return at(text, "|||||||") + 1;
		}),
		broken("without-middle", "The middle marker is missing", (text) => {
			without("=======")(text);
			return at(text, ">>>>>>>") + 1;
		}),
		broken("without-end", "The last marker is missing", (text) => {
			without(">>>>>>>")(text);
			return at(text, "=======") + 1;
		}),
		broken("nested", "A conflict inside a side", (text) => {
			text.splice(at(text, "=======") + 1, 0, "<<<<<<< inner");
			return at(text, "<<<<<<< inner") + 1;
		}),
		broken("marker-alone", "A marker without a name after it, and nothing else", (text) => {
			text.splice(0, text.length, ...smallVault().lines(), "");
			text.splice(LINE.apiKey - 1, 0, ">>>>>>>");
			return LINE.apiKey;
		}),
		vectorOf(
			"conflict-equals-signs-alone",
			"VAULT_NAME_INVALID",
			"The middle marker alone is a syntax error, because any text may have such a line",
			smallVault().text().replace("\nTOKEN\n", "\n=======\n"),
			{ line: LINE.token },
		),
		vectorOf(
			"conflict-of-a-later-format",
			"VAULT_VERSION_UNKNOWN",
			"Nothing of a later format is read, not even markers",
			conflicted(set("HERE", "1"), set("THERE", "2")).replace(" 1 ", " 2 "),
			{ line: 1 },
		),
	];
}

/** Vectors with conflict markers. */
export const conflictVectors = (): Vector[] => [...united(), ...undecided, ...unreadable()];
