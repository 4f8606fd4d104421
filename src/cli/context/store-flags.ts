/** The flags of commands that open the store of a platform, or two of them. */
import { Flags } from "@oclif/core";

const file = (description: string) => Flags.string({ description, helpValue: "FILE" });

export const storeFlags = {
	store: Flags.string({
		description:
			"store of the log: sqlite:DIR or etcd://HOST:PORT,HOST:PORT/PREFIX; defaults to the data directory",
		helpValue: "URL",
	}),
	"store-ca": file("certificate (PEM) of the authority of etcd's certificates; turns on TLS"),
	"store-cert": file("client certificate (PEM) for etcd"),
	"store-key": file("private key (PEM) of the client certificate"),
	"store-user": Flags.string({
		description:
			"user of etcd. The password is read from the file that COFFER_STORE_PASSWORD_FILE names, or from COFFER_STORE_PASSWORD",
		helpValue: "NAME",
	}),
	blobs: Flags.string({
		description:
			"directory for bundles and sources of functions, instead of etcd, or a bucket: s3://BUCKET/PREFIX?endpoint=URL&region=NAME, with the credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
		helpValue: "DIR|URL",
	}),
};

/** The flags of one side of a migration. @param what what the side is, for their descriptions */
export function sideFlags<Side extends "from" | "to">(side: Side, what: string) {
	const password =
		side === "from"
			? "COFFER_FROM_STORE_PASSWORD_FILE or COFFER_FROM_STORE_PASSWORD, or from the variables of --to-user"
			: "COFFER_STORE_PASSWORD_FILE or COFFER_STORE_PASSWORD";
	const flags = {
		data: Flags.string({
			description: `data directory of the platform, if ${what} is in etcd and the other one is not`,
			helpValue: "DIR",
		}),
		ca: file(`certificate (PEM) of the authority of etcd's certificates of ${what}; turns on TLS`),
		cert: file(`client certificate (PEM) for etcd of ${what}`),
		key: file("private key (PEM) of the client certificate"),
		user: Flags.string({
			description: `user of etcd of ${what}. The password is read from ${password}`,
			helpValue: "NAME",
		}),
		blobs: Flags.string({
			description: `directory or bucket (s3://…) for bundles and sources of functions of ${what}, instead of etcd`,
			helpValue: "DIR|URL",
		}),
	};
	type Named = { [Name in keyof typeof flags as `${Side}-${Name}`]: (typeof flags)[Name] };
	return Object.fromEntries(
		Object.entries(flags).map(([name, flag]) => [`${side}-${name}`, flag]),
	) as unknown as Named;
}
