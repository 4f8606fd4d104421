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
	/** The vault that the identity is bound to, as a CI identity is. */
	vault: string | null;
}

export default class IdentityShow extends BaseCommand<ShowResult> {
	static override summary = "Show this device's public key, to be handed to a teammate";
	static override description =
		"The public key is no secret: a writer adds it with 'coffer members add'. The fingerprint is for comparing it by voice.";
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
