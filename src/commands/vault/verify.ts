import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { linkedLogs } from "../../cli/context/linked-logs.ts";
import { findDeviceIdentity, requireEnvironmentName } from "../../cli/context/open-project.ts";
import { inheritedEnvironment } from "../../cli/shell/process-environment.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { previousIdentity } from "../../cli/undo/diagnosis.ts";
import {
	type AcceptReport,
	type LackingRow,
	lackingRows,
	renderLacking,
	waysHint,
} from "../../cli/undo/report.ts";
import { DEFAULT_ENVIRONMENT, inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { gitWarnings } from "../../project/git/driver.ts";
import { diagnose, type Looking } from "../../project/undo/accept.ts";
import { type VerifyReport, verifyVault } from "../../project/verify-vault.ts";

/** What to do about what was found; single records can be brought back. */
function remedy({ findings, ways }: Verified): string {
	const explained = findings.filter(({ code }) => LACKING.includes(code)).length;
	if (findings.some(({ code }) => code === "VAULT_REPLACED"))
		return "Find out who changed the file (git log -p -- coffer.vault), and take the right one: git checkout COMMIT -- coffer.vault\nTo continue with this vault in this folder: coffer vault accept --all";
	const find = "Find out who changed the file (git log -p -- coffer.vault), and restore it";
	if (ways.length > 0 && explained === findings.length) return waysHint(ways);
	const named = findings.find(({ code, name }) => name !== null && !LACKING.includes(code));
	if (!named) return `${find}.\n${waysHint(ways)}`.trim();
	const example = inEnvironment(
		`coffer vault restore ${named.name}`,
		named.environment ?? DEFAULT_ENVIRONMENT,
	);
	return `${find}, or one record of it (${example}).\n${waysHint(ways)}`.trim();
}

/** Findings that say no more than that the file lacks something that was seen. */
const LACKING: readonly string[] = [
	"MEMBERSHIP_DIVERGED",
	"MEMBERSHIP_ROLLED_BACK",
	"RECORD_ROLLED_BACK",
	"RECORD_DROPPED",
	"RECORD_REPLACED",
	"VAULT_ENVIRONMENT_DROPPED",
];

/** The report, with where what is lacking is, and what can be done. */
interface Verified extends VerifyReport, Pick<AcceptReport, "ways"> {
	readonly lacking: readonly LackingRow[];
}

export default class VaultVerify extends BaseCommand<Verified> {
	static override summary = "Check the whole vault, strictly";
	static override description =
		"Syntax, both chains of membership, every signature, and every record that this identity may open; all of it held against what this device has seen, and against the logs of linked platforms, which serve a fresh clone that has seen nothing. What other commands only warn of (an older record, a dropped one) is exit 7 here. Every fault is reported, and so is what could not be checked.";
	static override examples = [
		"<%= config.bin %> vault verify",
		"<%= config.bin %> vault verify --environment preview --json",
	];
	static override flags = {
		environment: Flags.string({
			char: "e",
			description: "environment to check; all by default",
			helpValue: "NAME",
		}),
		offline: Flags.boolean({ description: "do not ask linked platforms" }),
	};

	protected async execute(): Promise<Verified> {
		const { flags } = await this.parse(VaultVerify);
		if (flags.environment !== undefined) requireEnvironmentName(flags.environment);
		const root = requireRoot(currentFolder());
		const holder = await findDeviceIdentity(this.environment);
		const logs = flags.offline ? new Map() : await linkedLogs(root, flags.environment);
		const place = { folder: root, variables: inheritedEnvironment() };
		for (const warning of await gitWarnings(place)) this.terminal.warn(warning);
		const found = await verifyVault({ root, environment: flags.environment, holder, logs });
		if (found.findings.length === 0) return { ...found, lacking: [], ways: [] };
		const report = { ...found, ...(await this.#diagnosis(root, holder, logs)) };
		const line = report.findings.find((finding) => finding.line !== null)?.line;
		throw new AppError({
			code: "VAULT_UNSOUND",
			message: `coffer.vault does not hold: ${count(report.findings.length, "fault")}.`,
			hint: remedy(report),
			exit: EXIT.integrity,
			...(line ? { line } : {}),
			data: report,
		});
	}

	/** What is lacking, and the ways on; nothing where no memory can be read, or the file is no vault. */
	async #diagnosis(
		root: string,
		holder: Awaited<ReturnType<typeof findDeviceIdentity>>,
		logs: Looking["logs"],
	): Promise<Pick<Verified, "lacking" | "ways">> {
		const git = { folder: root, variables: inheritedEnvironment() };
		const previous = await previousIdentity(this.environment);
		const diagnosis = await Promise.resolve(
			holder && diagnose({ ...holder, root, previous }, { git, logs }),
		).catch((error: unknown) => {
			if (!(error instanceof AppError)) throw error;
		});
		if (!diagnosis) return { lacking: [], ways: [] };
		for (const note of diagnosis.whereabouts.notes) this.terminal.warn(note);
		return { lacking: lackingRows(diagnosis, diagnosis.whereabouts.found), ways: [...diagnosis.ways] };
	}

	protected render(report: Verified, terminal: Terminal): void {
		for (const { code, environment, line, message } of report.findings) {
			const place = [environment, line === null ? null : `line ${line}`].filter((part) => part !== null);
			terminal.line(`${MARKS.failed} ${code}${place.length > 0 ? ` (${place.join(", ")})` : ""}`);
			terminal.block(message, "    ");
		}
		if (report.lacking.length > 0) {
			terminal.line("  Seen on this device, and not in coffer.vault:");
			renderLacking(report.lacking, terminal);
		}
		for (const { environment, verified, opened } of report.environments) {
			const keys = opened === null ? "" : `, ${opened} opened`;
			terminal.line(`  ${environment}: ${count(verified, "record")} checked${keys}`);
		}
		for (const sentence of report.unchecked) terminal.line(`  Not checked: ${sentence}`);
		if (report.findings.length === 0) terminal.line(`${MARKS.ok} Nothing wrong was found`);
	}
}
