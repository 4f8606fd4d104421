import { dirname } from "node:path";
import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { findDeviceIdentity } from "../../cli/context/open-project.ts";
import { inheritedEnvironment } from "../../cli/shell/process-environment.ts";
import { promptChoice } from "../../cli/shell/prompts.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { describeSides } from "../../cli/sides/conflict-sides.ts";
import { listNames } from "../../cli/views/edit-result.ts";
import { cryptoReady } from "../../crypto.ts";
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable, shellWord } from "../../printable.ts";
import { currentFolder, fromHere, requireRoot, VAULT_FILE } from "../../project/files/project-root.ts";
import { unmergedVaults } from "../../project/git/unfinished.ts";
import { type ReadVault, readVaultInConflict } from "../../project/read-conflict.ts";
import { previewResolution, type Resolution, resolveVault, type SideChooser } from "../../project/resolve.ts";
import { WHOLE_SIDE } from "../../project/undo/decide.ts";
import type { Side } from "../../vault/merge/merge-vaults.ts";

const SIDES = [
	{ value: "ours", hint: "the branch that was merged into" },
	{ value: "theirs", hint: "the branch that was merged" },
] as const;

interface Result extends Resolution {
	/** Other vaults of the repository that git has not finished merging, if this one has no conflict: paths from here. */
	readonly elsewhere: readonly string[];
}

function addVault(): string {
	return fromHere(`git add ${VAULT_FILE}`, requireRoot(currentFolder()));
}

/** The other vaults with a conflict, if the vault of the project has none. */
async function conflictsElsewhere({ conflicted, laidOut, unmerged }: Resolution): Promise<string[]> {
	if (conflicted || laidOut || unmerged) return [];
	const place = { folder: currentFolder(), variables: inheritedEnvironment() };
	return await unmergedVaults(place).catch(() => []);
}

export default class VaultResolve extends BaseCommand<Result> {
	static override summary = "Resolve a merge conflict in the vault";
	static override description =
		"Git cannot merge coffer.vault by itself, because every record in it is signed. This command reads both sides from git's conflict markers, or else from git's index or an unfinished merge, rebase or cherry-pick. If a merge was committed with a vault that cannot be read, it merges the parents of that commit again.\n\nIt also repairs line ends and blank lines that an editor or a formatter has changed.\n\nSecrets that only one side changed are merged without a key. If both sides changed the same secret, --take decides which value wins, for the given names or for all. A value whose author is no longer a writer cannot win. Without --take, the command asks on a terminal, and otherwise exits with 5.\n\nIf both sides changed members or environments, the changes of the side in --take are kept. The changes of the other side are applied again after them, signed by you; changes that cannot be applied are listed.";
	static override examples = [
		"<%= config.bin %> vault resolve",
		"<%= config.bin %> vault resolve --take theirs API_KEY",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names for --take; defaults to all" }),
	};
	static override flags = {
		take: Flags.string({
			description: "the side whose value wins: ours or theirs",
			options: ["ours", "theirs"],
			helpValue: "SIDE",
		}),
	};

	protected async execute(): Promise<Result> {
		const resolution = await this.#resolve();
		return { ...resolution, elsewhere: await conflictsElsewhere(resolution) };
	}

	async #resolve(): Promise<Resolution> {
		const { argv, flags } = await this.parse(VaultResolve);
		const names = argv.map(String);
		const root = requireRoot(currentFolder());
		await cryptoReady;
		const read = await readVaultInConflict(root, inheritedEnvironment());
		const first = preview(read);
		if (!first) return this.#resolveMembership(root, read, flags.take, names);
		if (first.open.length === 0) {
			requireOpen(names, []);
			const holder = await findDeviceIdentity(this.environment).catch(() => undefined);
			return resolveVault(root, { holder, read });
		}
		const holder = await findDeviceIdentity(this.environment);
		const identity = holder?.identity;
		const { open } = previewResolution(read, identity);
		requireOpen(
			names,
			open.map(({ name }) => name),
		);
		const take = parseTake(flags.take, names) ?? (await this.ask(root, read, open));
		if (take) return resolveVault(root, { holder, take, read });
		return await resolveVault(root, { holder, read }).catch(async (error: unknown) => {
			throw await withSides(error, root, read, open);
		});
	}

	/** Resolves a conflict of members or environments: one side's chains are kept. */
	async #resolveMembership(
		root: string,
		read: ReadVault,
		side: string | undefined,
		names: readonly string[],
	): Promise<Resolution> {
		requireOpen(names, []);
		const holder = await findDeviceIdentity(this.environment);
		const keep = side ?? (this.terminal.interactive ? await this.#askSide() : undefined);
		if (!holder || (keep !== "ours" && keep !== "theirs")) throw membershipConflict(read);
		return resolveVault(root, { holder, read, membership: keep, take: () => keep });
	}

	#askSide(): Promise<string> {
		return promptChoice(
			this.terminal,
			"Both sides changed members or environments. Which side's changes are kept? The other side's changes are applied after them. If both sides set the same secret, the kept side wins.",
			[
				...SIDES.map(({ value, hint }) => ({ value, label: value, hint })),
				{ value: "none", label: "decide later" },
			],
			"coffer vault resolve --take ours|theirs",
		);
	}

	/** Asks a question for each secret. Undefined without a terminal. */
	private async ask(
		root: string,
		read: ReadVault,
		open: Resolution["open"],
	): Promise<SideChooser | undefined> {
		if (!this.terminal.interactive || open.length === 0) return undefined;
		const describe = await describeSides(root, read, open);
		const answers = new Map<string, Side>();
		for (const each of open) {
			const { environment, name, refused } = each;
			const sides = SIDES.filter(({ value }) => value !== refused);
			const answer = await promptChoice(
				this.terminal,
				refused === undefined
					? `Both sides changed ${name} in '${environment}'. Which value is right?`
					: `The author of ${name} in '${environment}' on the side '${refused}' (${describe(each, refused)}) is no longer a writer. Take the other side?`,
				[
					...sides.map(({ value, hint }) => ({ value, label: `${value}: ${describe(each, value)}`, hint })),
					{ value: "none", label: "decide later" },
				],
				"coffer vault resolve --take ours|theirs",
			);
			if (answer === "ours" || answer === "theirs") answers.set(`${environment}/${name}`, answer);
		}
		return (environment, name) => answers.get(`${environment}/${name}`);
	}

	protected render(resolution: Result, terminal: Terminal): void {
		const { conflicted, elsewhere, laidOut, open, decided, remade, leftOut, unmerged } = resolution;
		for (const each of leftOut) terminal.line(`${MARKS.failed} Not applied again: ${each}`);
		for (const each of remade) terminal.line(`  Applied again: ${each}`);
		if (laidOut)
			terminal.line(`${MARKS.ok} Repaired the line ends and blank lines. No record changed by that.`);
		else if (!conflicted)
			terminal.line(
				elsewhere.length > 0
					? "The vault of this project has no conflict."
					: "coffer.vault has no conflict. If commands refuse it all the same, see what is wrong: coffer vault verify",
			);
		for (const path of elsewhere)
			terminal.line(
				`${printable(path, 300)} is another vault, which has one: cd ${printable(shellWord(dirname(path)), 300)} && coffer vault resolve`,
			);
		if (!conflicted && unmerged) terminal.line(`It contains both sides. Next: ${addVault()}`);
		if (decided.length > 0)
			terminal.line(
				`${MARKS.ok} Decided ${listNames(decided.map(({ environment, name }) => `${name} in ${environment}`))}`,
			);
		for (const { environment, name, refused } of decided)
			if (refused !== undefined)
				terminal.line(
					`  Not taken, because its author is no longer a writer: ${name} of '${refused}'. If that value is the right one: ${inEnvironment(`coffer secrets set ${name}`, environment)}`,
				);
		if (conflicted && open.length === 0)
			terminal.line(`${MARKS.ok} Resolved the conflict in coffer.vault. Next: ${addVault()}`);
	}
}

/** The most secrets whose sides an error describes. */
const DESCRIBED_MAX = 10;

/**
 * Adds to the error of a conflict what each side has: in a rebase, `theirs` is the user's own commit, which the words
 * alone do not say.
 */
async function withSides(
	error: unknown,
	root: string,
	read: ReadVault,
	open: Resolution["open"],
): Promise<unknown> {
	if (!(error instanceof AppError) || error.code !== "MERGE_CONFLICT") return error;
	const described = open.slice(0, DESCRIBED_MAX);
	const describe = await describeSides(root, read, described);
	const lines = described.map(
		(each) => `  ${each.name}: ours is ${describe(each, "ours")}; theirs is ${describe(each, "theirs")}`,
	);
	return error.with({ message: [error.message, ...lines].join("\n") });
}

/** The merge before any decision; undefined if the user must choose one whole side. */
function preview(read: ReadVault): Resolution | undefined {
	try {
		return previewResolution(read);
	} catch (error) {
		if (error instanceof AppError && WHOLE_SIDE.includes(error.code)) return undefined;
		throw error;
	}
}

/** The error for a conflict of members or environments without a decision. */
function membershipConflict(read: ReadVault): unknown {
	try {
		previewResolution(read);
	} catch (error) {
		return error;
	}
	return new TypeError("There is no conflict of membership.");
}

/** The decision of `--take`, or undefined without the flag. @throws AppError `USAGE` (exit 2) */
function parseTake(side: string | undefined, names: readonly string[]): SideChooser | undefined {
	if (side !== "ours" && side !== "theirs") {
		if (names.length === 0) return undefined;
		throw new AppError({
			code: "USAGE",
			message: "Names need --take.",
			hint: "coffer vault resolve --take ours|theirs [NAME...]",
			exit: EXIT.usage,
		});
	}
	return (_, name) => (names.length === 0 || names.includes(name) ? side : undefined);
}

/**
 * Checks that all names are in conflict.
 * @throws AppError `NOT_IN_CONFLICT` (exit 4), which does not repeat a name, because it may be a value
 */
function requireOpen(names: readonly string[], open: readonly string[]): void {
	if (names.every((name) => open.includes(name))) return;
	throw new AppError({
		code: "NOT_IN_CONFLICT",
		message: "One of the names is not in conflict. Nothing was changed.",
		hint:
			open.length > 0 ? `In conflict: ${listNames(open)}.` : "No decision is needed. Leave out the names.",
		exit: EXIT.notFound,
	});
}
