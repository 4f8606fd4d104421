/** The name that a user gets who gives none. */
import { hostname, userInfo } from "node:os";

/** `user@host`, with characters that a member's name may not have replaced by dashes. */
export function defaultMemberName(): string {
	const clean = (text: string) => text.replaceAll(/[^A-Za-z0-9._+-]/g, "-");
	return `${clean(userInfo().username)}@${clean(hostname())}`.replace(/^[^A-Za-z0-9]+/, "").slice(0, 64);
}
