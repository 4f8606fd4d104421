/** What GitHub Actions do not store (https://docs.github.com/en/actions/reference/security/secrets). */
import { utf8 } from "../../bytes.ts";

/** The longest value, in bytes: "Secrets are limited to 48 KB in size". */
const VALUE_BYTES_MAX = 48 * 1024;

/** As `TargetKind.refusal`. */
export function githubRefusal(name: string, value: string | undefined): string | undefined {
	if (/^GITHUB_/i.test(name)) return "begins with GITHUB_, which GitHub reserves";
	if (/^[0-9]/.test(name)) return "begins with a digit, which GitHub does not allow";
	// The list at GitHub would show another name, and two names could become one.
	if (/[a-z]/.test(name)) return "has small letters; GitHub stores names in capital letters only";
	const bytes = value === undefined ? 0 : utf8(value).length;
	return bytes > VALUE_BYTES_MAX ? `has ${bytes} bytes; a secret at GitHub has at most 48 KB` : undefined;
}
