import { BaseCommand } from "../../cli/command.ts";
import { findIdentity } from "../../cli/context/open-project.ts";
import { inheritedEnvironment } from "../../cli/shell/process-environment.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { cryptoReady } from "../../crypto.ts";
import { toUndefined } from "../../errors.ts";
import type { Identity } from "../../identity/identity.ts";
import { currentFolder } from "../../project/files/project-root.ts";
import { driverWarnings } from "../../project/git/driver.ts";
import { checkStaged } from "../../project/git/hook/check-commit.ts";
import { lastTree, stagedSince } from "../../project/git/hook/staged.ts";
import { findPlaintext, type PlaintextCheck, requireNoPlaintext } from "../../project/plaintext/check.ts";
import { describeFinding } from "../../project/plaintext/finding.ts";
import type { Loss } from "../../vault/merge/losses.ts";

interface CheckResult extends PlaintextCheck {
	/** The paths of the vaults that were checked. */
	readonly checked: readonly string[];
}

/** The pre-commit hook runs it. It needs no identity, and prints nothing if it finds no fault. */
export default class GitCheck extends BaseCommand<CheckResult> {
	static override hidden = true;
	static override summary =
		"Check the vaults and the files that are staged in git (the pre-commit hook runs this)";

	protected async execute(): Promise<CheckResult> {
		await this.parse(GitCheck);
		await cryptoReady;
		const place = { folder: currentFolder(), variables: inheritedEnvironment() };
		const [files, warnings] = await Promise.all([
			lastTree(place).then((tree) => stagedSince(place, tree)),
			driverWarnings(place),
		]);
		for (const warning of warnings) this.terminal.warn(warning);
		// Both wait for git most of the time.
		const searching = findPlaintext(place, files, () => this.#identity());
		searching.catch(() => undefined);
		const checked = await checkStaged(place, files);
		const found = await searching;
		for (const file of found.unchecked)
			this.terminal.warn(`${file} is too large to be searched for secrets.`);
		const result = { checked, ...found };
		requireNoPlaintext(result);
		return result;
	}

	/** A commit must not ask questions. Without an identity, the check searches the files only for identities. */
	async #identity(): Promise<Identity | undefined> {
		return (await findIdentity(this.environment).catch(toUndefined))?.identity;
	}

	/** @param result the data of a failure: all findings, or the losses of a vault, which the error's message names */
	protected render(result: CheckResult | readonly Loss[], terminal: Terminal): void {
		if (!("findings" in result) || result.findings.length < 2) return;
		for (const finding of result.findings) terminal.line(`  ${describeFinding(finding)}`);
	}
}
