#!/bin/sh
# Makes a certificate authority for etcd, a certificate for each member, and one for the platform's nodes.
# Usage: certificates.sh FOLDER NAME=HOST[,HOST…]…   For example: certificates.sh pki etcd-1=10.0.0.11,etcd-1.internal
# An existing authority is used again, so a member can be added later. Keep ca.key offline.
set -eu
folder=$1
shift
mkdir -p "$folder"
cd "$folder"
umask 077

curve="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

if [ ! -e ca.key ]; then
	openssl req -x509 $curve -keyout ca.key -out ca.pem -days 3650 -subj "/CN=etcd of Coffer" 2>/dev/null
fi

# issue NAME ALTERNATIVE-NAMES USAGES
issue() {
	[ ! -e "$1.pem" ] || return 0
	openssl req $curve -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
	printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$2" "$3" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -extfile "$1.ext" \
		-out "$1.pem" 2>/dev/null
	rm "$1.csr" "$1.ext"
}

for member in "$@"; do
	names=
	for host in $(echo "${member#*=}" | tr , ' '); do
		case $host in
		*[!0-9.]*) names="${names:+$names,}DNS:$host" ;;
		*) names="${names:+$names,}IP:$host" ;;
		esac
	done
	# Members are clients of each other.
	issue "${member%%=*}" "$names" serverAuth,clientAuth
done
issue coffer DNS:coffer clientAuth
chmod 644 ca.pem ./*.pem
ls
