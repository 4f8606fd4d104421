/** Which app a request's host belongs to. Pure. */
import { comparedHost } from "../../../protocol/host-names.ts";
import { isField } from "./fields.ts";

/** The app of each host, by the host's name in lower case. */
export type AppsByHost = Pick<ReadonlyMap<string, string>, "get" | "size">;

const AUTHORITY = /^https?:\/\/([^/?]*)/i;

/**
 * The app whose host a request names.
 * @returns undefined if its host belongs to no app; `ambiguous` if the target and the `Host` header name hosts of
 * different apps, of which a proxy may have checked the other one
 */
export function appOfHost(
	hosts: AppsByHost,
	{ headers, target }: { readonly headers: readonly string[]; readonly target: string },
): { readonly app: string | undefined } | "ambiguous" {
	if (hosts.size === 0) return { app: undefined };
	let app: string | undefined;
	for (let index = 0; index < headers.length; index += 2)
		if (isField(headers[index] ?? "", "host")) app = find(hosts, headers[index + 1] ?? "");
	const authority = target.startsWith("/") ? undefined : AUTHORITY.exec(target)?.[1];
	return authority === undefined || find(hosts, authority) === app ? { app } : "ambiguous";
}

function find(hosts: AppsByHost, host: string): string | undefined {
	return hosts.get(host) ?? hosts.get(comparedHost(host));
}
