import { Args } from "@oclif/core";
import { BaseCommand } from "../../../cli/command.ts";
import { systemKeychain } from "../../../cli/context/open-project.ts";
import { newPassphrase, passphraseFlag } from "../../../cli/context/passphrase.ts";
import { platformIdentityFlag, SOURCES } from "../../../cli/context/platform-identity.ts";
import { requireOutOfGit } from "../../../cli/plaintext/key-files.ts";
import { MARKS } from "../../../cli/shell/render.ts";
import type { Terminal } from "../../../cli/shell/terminal.ts";
import { sealExport } from "../../../identity/export.ts";
import { requireNoExport, writeExportFile } from "../../../identity/export-file.ts";
import { fingerprint } from "../../../identity/identity.ts";
import type { PlatformIdentity } from "../../../identity/platform-identity.ts";
import { findPlatformIdentity } from "../../../identity/platform-transfer.ts";
import { readPlatformCredentials } from "../../../platform/configuration/config.ts";

interface ExportResult {
	file: string;
	/** The platform's fingerprint. Its access tokens begin with it. */
	fingerprint: string;
	/** Where the identity was found. */
	source: PlatformIdentity["source"];
}

export default class PlatformIdentityExport extends BaseCommand<ExportResult> {
	static override summary = "Export a platform's identity to a new file, protected by a passphrase";
	static override description =
		"A platform cannot start with its data, or with a backup of it, without its identity. 'coffer platform identity import' imports the file on another machine. Run the export as the platform's user; the platform may be running. Keep the file away from the backups, and the passphrase away from the file: anybody who has all three can decrypt every value.";
	static override examples = [
		"<%= config.bin %> platform identity export /media/stick/coffer-platform",
		"<%= config.bin %> platform identity export coffer-platform --identity-file /etc/coffer/identity",
	];
	static override args = {
		file: Args.string({ name: "FILE", description: "new file to write", required: true }),
	};
	static override flags = {
		"identity-file": platformIdentityFlag("file with the platform's identity"),
		"passphrase-stdin": passphraseFlag,
	};

	protected async execute(): Promise<ExportResult> {
		const { args, flags } = await this.parse(PlatformIdentityExport);
		const { identity, source } = await findPlatformIdentity({
			identityFile: flags["identity-file"],
			env: readPlatformCredentials(),
			keychain: systemKeychain(),
		});
		requireNoExport(args.file);
		await requireOutOfGit(args.file);
		const passphrase = await newPassphrase(flags["passphrase-stdin"], this.terminal);
		await writeExportFile(args.file, await sealExport(identity, passphrase));
		return { file: args.file, fingerprint: fingerprint(identity.publicKeys), source };
	}

	protected render(result: ExportResult, terminal: Terminal): void {
		terminal.line(
			`${MARKS.ok} Exported the platform's identity (from ${SOURCES[result.source]}) to ${result.file}`,
		);
		terminal.line(`  fingerprint  ${result.fingerprint}`);
		terminal.line(
			"Keep the file away from this machine and from the backups, and the passphrase away from the file. Without the passphrase, the file is useless.",
		);
	}
}
