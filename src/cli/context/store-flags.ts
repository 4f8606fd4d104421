/** The flags of commands that open the store of a platform. */
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
		description: "directory for bundles and sources of functions, instead of etcd",
		helpValue: "DIR",
	}),
};
