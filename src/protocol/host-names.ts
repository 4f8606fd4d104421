/** Host names of apps, and the messages about them. Pure. */
import * as z from "zod";
import { AppError, EXIT } from "../errors.ts";
import { appIdSchema } from "./messages.ts";
import { nodeEventSchema } from "./nodes.ts";

/** The most host names on one platform. */
export const HOSTS_MAX = 10_000;
const NAME_MAX = 253;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** A name with such a last label is an IPv4 address for URL parsers (URL Standard, section 3.5). */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;

/** The host of a `Host` header, as names are compared: in lower case, without the port and a dot at the end. */
export function comparedHost(host: string): string {
	return host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}

/**
 * The name by which a host is stored: as names are compared.
 * @param text perhaps with a port, which is ignored
 * @throws AppError `HOST_INVALID` (exit 2) if it is no host name, or an IP address
 */
export function hostNameOf(text: string): string {
	const name = comparedHost(text);
	const labels = name.split(".");
	const isName = name.length <= NAME_MAX && labels.every((label) => LABEL.test(label));
	if (isName && !NUMBER.test(labels.at(-1) ?? "")) return name;
	throw new AppError({
		code: "HOST_INVALID",
		message: "The host is not a host name, such as shop.example.com.",
		hint: "Give the name without a scheme and a path. IP addresses and wildcards are not possible. Write an international name in its ASCII form (xn--…).",
		exit: EXIT.usage,
	});
}

const hostName = z.string().min(1).max(NAME_MAX);

/** `PUT /v1/hosts/:host` */
export const mapHostSchema = z.strictObject({ app: appIdSchema });

/** The answer to `PUT /v1/hosts/:host`, and an element of the list. */
export const mappedHostSchema = z.object({ host: hostName, app: appIdSchema });
export type MappedHost = z.infer<typeof mappedHostSchema>;

/**
 * The lines of the answer to a change of a host with `?wait=SECONDS`: any number of `node`, then the host. Without `wait`,
 * and from earlier platforms, the answer is one line with the host alone.
 */
export const hostEventSchema = z.union([nodeEventSchema, mappedHostSchema]);
export type HostEvent = z.infer<typeof hostEventSchema>;

/** `GET /v1/hosts` */
export const hostListSchema = z.object({ hosts: z.array(mappedHostSchema).max(100_000) });
export type HostList = z.infer<typeof hostListSchema>;
