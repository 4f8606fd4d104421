import { Args } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { requireIdentity } from "../../cli/context/open-project.ts";
import { newPassphrase, passphraseFlag } from "../../cli/context/passphrase.ts";
import { requireOutOfGit } from "../../cli/plaintext/key-files.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { sealExport } from "../../identity/export.ts";
import { requireNoExport, writeExportFile } from "../../identity/export-file.ts";
import { fingerprint } from "../../identity/identity.ts";

interface ExportResult {
	file: string;
	fingerprint: string;
	/** The vault that a CI identity is bound to; null for a device's identity. */
	vault: string | null;
}

export default class IdentityExport extends BaseCommand<ExportResult> {
	static override summary = "Export this device's identity to a new file, protected by a passphrase";
	static override description =
		"The export is a backup for the case that you lose this device: 'coffer identity import' imports it on another one. Keep the file away from this device, and the passphrase away from the file. Anybody who has both can do everything that you can, until you rotate the identity.";
	static override examples = [
		"<%= config.bin %> identity export /media/stick/coffer-identity",
		"<%= config.bin %> identity export coffer-identity --passphrase-stdin < FILE",
	];
	static override args = {
		file: Args.string({ name: "FILE", description: "new file to write", required: true }),
	};
	static override flags = { "passphrase-stdin": passphraseFlag };

	protected async execute(): Promise<ExportResult> {
		const { args, flags } = await this.parse(IdentityExport);
		const { identity } = await requireIdentity(this.environment);
		requireNoExport(args.file);
		await requireOutOfGit(args.file);
		const passphrase = await newPassphrase(flags["passphrase-stdin"], this.terminal);
		await writeExportFile(args.file, await sealExport(identity, passphrase));
		return {
			file: args.file,
			fingerprint: fingerprint(identity.publicKeys),
			vault: identity.vaultPin ?? null,
		};
	}

	protected render(result: ExportResult, terminal: Terminal): void {
		terminal.line(`${MARKS.ok} Exported the identity to ${result.file}`);
		terminal.line(`  fingerprint  ${result.fingerprint}`);
		if (result.vault !== null) terminal.line(`  vault        bound to ${result.vault}`);
		terminal.line(
			"Keep the file away from this device, and the passphrase away from the file. Without the passphrase, the file is useless.",
		);
	}
}
