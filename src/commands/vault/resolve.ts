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
import { AppError, EXIT } from "../../errors.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import {
	previewResolution,
	type ReadVault,
	type Resolution,
	readVaultInConflict,
	resolveVault,
	type Take,
} from "../../project/resolve.ts";
import { WHOLE_SIDE } from "../../project/undo/decide.ts";
import type { Side } from "../../vault/merge/merge-vaults.ts";

export default class VaultResolve extends BaseCommand<Resolution> {
	static override summary = "Repair a vault in which git left a merge conflict";
	static override description =
		"Works on git's conflict markers; and where the file has none, on both sides as git's index has them, or as an unfinished merge, rebase or cherry-pick names them. Records of different names are united; no key is needed for that. Where both sides changed one name, --take decides, for the names given or for all; on a terminal it is asked, and without one it is exit 5. Where both sides changed the members or the environments, --take says whose changes are kept as they are; the other side's are made again after them, signed by you, and what cannot be is listed.";
	static override examples = [
		"<%= config.bin %> vault resolve",
		"<%= config.bin %> vault resolve --take theirs API_KEY",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names that --take decides; all by default" }),
	};
	static override flags = {
		take: Flags.string({ description: "whose value wins", options: ["ours", "theirs"], helpValue: "SIDE" }),
	};

	protected async execute(): Promise<Resolution> {
		const { argv, flags } = await this.parse(VaultResolve);
		const names = argv.map(String);
		const root = requireRoot(currentFolder());
		await cryptoReady;
		const read = await readVaultInConflict(root, inheritedEnvironment());
		const first = preview(read);
		if (!first) return this.#membership(root, read, flags.take, names);
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
		const take = takeOf(flags.take, names) ?? (await this.ask(root, read, open));
		return resolveVault(root, { holder, take, read });
	}

	/** Both sides changed the membership: one side's chains are kept. */
	async #membership(
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
			"Both sides changed the members or the environments. Whose changes are kept as they are? The other side's are made again after them; where both set one value, the kept side's counts.",
			[
				{ value: "ours", label: "ours", hint: "the branch that was merged into" },
				{ value: "theirs", label: "theirs", hint: "the branch that was merged" },
				{ value: "none", label: "decide later" },
			],
			"coffer vault resolve --take ours|theirs",
		);
	}

	/** One question a name; undefined where nobody can be asked. */
	private async ask(root: string, read: ReadVault, open: Resolution["open"]): Promise<Take | undefined> {
		if (!this.terminal.interactive || open.length === 0) return undefined;
		const wordsOf = await describeSides(root, read, open);
		const answers = new Map<string, Side>();
		for (const each of open) {
			const { environment, name } = each;
			const answer = await promptChoice(
				this.terminal,
				`Both sides changed ${name} in '${environment}'. Whose value is right?`,
				[
					{ value: "ours", label: `ours: ${wordsOf(each, "ours")}`, hint: "the branch that was merged into" },
					{
						value: "theirs",
						label: `theirs: ${wordsOf(each, "theirs")}`,
						hint: "the branch that was merged",
					},
					{ value: "none", label: "decide later" },
				],
				"coffer vault resolve --take ours|theirs",
			);
			if (answer === "ours" || answer === "theirs") answers.set(`${environment}/${name}`, answer);
		}
		return (environment, name) => answers.get(`${environment}/${name}`);
	}

	protected render(resolution: Resolution, terminal: Terminal): void {
		const { conflicted, open, decided, remade, leftOut, unmerged } = resolution;
		for (const each of leftOut) terminal.line(`${MARKS.failed} Left out: ${each}`);
		for (const each of remade) terminal.line(`  Made again: ${each}`);
		if (!conflicted) terminal.line("There is no conflict in coffer.vault.");
		if (!conflicted && unmerged) terminal.line("It has both sides; tell git: git add coffer.vault");
		if (decided.length > 0)
			terminal.line(
				`${MARKS.ok} Decided ${listNames(decided.map(({ environment, name }) => `${name} in ${environment}`))}`,
			);
		if (conflicted && open.length === 0)
			terminal.line(`${MARKS.ok} Repaired coffer.vault; tell git: git add coffer.vault`);
	}
}

/** What can be said before anybody decides; undefined where only a whole side decides. */
function preview(read: ReadVault): Resolution | undefined {
	try {
		return previewResolution(read);
	} catch (error) {
		if (error instanceof AppError && WHOLE_SIDE.includes(error.code)) return undefined;
		throw error;
	}
}

/** The error of a membership that nobody has decided about. */
function membershipConflict(read: ReadVault): unknown {
	try {
		previewResolution(read);
	} catch (error) {
		return error;
	}
	return new TypeError("There is no conflict of membership.");
}

function takeOf(side: string | undefined, names: readonly string[]): Take | undefined {
	if (side !== "ours" && side !== "theirs") {
		if (names.length === 0) return undefined;
		throw new AppError({
			code: "USAGE",
			message: "Names were given without --take.",
			hint: "coffer vault resolve --take ours|theirs [NAME...]",
			exit: EXIT.usage,
		});
	}
	return (_, name) => (names.length === 0 || names.includes(name) ? side : undefined);
}

/** @throws AppError `NOT_IN_CONFLICT` (exit 4); a word that is no name is not repeated */
function requireOpen(names: readonly string[], open: readonly string[]): void {
	if (names.every((name) => open.includes(name))) return;
	throw new AppError({
		code: "NOT_IN_CONFLICT",
		message: "One of the names is not in conflict; nothing was changed.",
		hint:
			open.length > 0
				? `In conflict: ${listNames(open)}.`
				: "Nothing has to be decided: leave the names out.",
		exit: EXIT.notFound,
	});
}
