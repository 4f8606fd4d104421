import { BaseCommand } from "../../cli/command.ts";
import { SOURCES } from "../../cli/context/device-identity.ts";
import { requireIdentity } from "../../cli/context/open-project.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { cryptoReady } from "../../crypto.ts";
import { fingerprint, formatPublicIdentity } from "../../identity/identity.ts";

interface ShowResult {
	publicKey: string;
	fingerprint: string;
	source: "environment" | "file" | "keychain";
	/** The vault that a CI identity is bound to; null for a device's identity. */
	vault: string | null;
}

export default class IdentityShow extends BaseCommand<ShowResult> {
	static override summary = "Show this device's public key, to send to a teammate";
	static override description =
		"The public key is not secret. A writer adds it with 'coffer members add'. Compare the fingerprint with the teammate, for example by phone, to be sure that the key is yours.";
	static override examples = ["<%= config.bin %> identity show", "<%= config.bin %> identity show --json"];

	protected async execute(): Promise<ShowResult> {
		await this.parse(IdentityShow);
		const [{ identity, source }] = await Promise.all([requireIdentity(this.environment), cryptoReady]);
		return {
			publicKey: formatPublicIdentity(identity.publicKeys),
			fingerprint: fingerprint(identity.publicKeys),
			source,
			vault: identity.vaultPin ?? null,
		};
	}

	protected render(result: ShowResult, terminal: Terminal): void {
		terminal.line(`public key   ${result.publicKey}`);
		terminal.line(`fingerprint  ${result.fingerprint}`);
		terminal.line(`source       ${SOURCES[result.source]}`);
		if (result.vault !== null) terminal.line(`vault        bound to ${result.vault}`);
	}
}
