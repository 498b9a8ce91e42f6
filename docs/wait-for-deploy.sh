#!/bin/sh
# Waits until what a new release does can be seen in its metrics, and whether that is as it should be (docs/queries.md).
#
#   L2MET_DRAIN_URL=https://TOKEN@l2met.example.com/logs \
#     sh wait-for-deploy.sh 'name=db.latency&source=web.*' 'p95<250,count>=100' [SECONDS]
#
# The first argument says which series, as the query of GET /query; the second what has to hold of the windows that begin from
# now on (or from FROM on, in seconds since the epoch); SECONDS is for how long it waits for that, 300 if it is not given.
#
# Ends with 0 as soon as it holds, and with 22, as curl -f does, if it never did. A mistake in the drain URL or in the
# arguments ends it at once, with 2. If the service could not be reached to the end, its status is that of curl.
#
# The drain URL is a secret: curl reads it from its standard input, and so it is in no list of processes.
set -u

if [ $# -lt 2 ] || [ $# -gt 3 ] || [ -z "${L2MET_DRAIN_URL:-}" ]; then
  echo "usage: L2MET_DRAIN_URL=https://TOKEN@host/logs $0 'name=db.latency' 'p95<250,count>=100' [SECONDS]" >&2
  exit 2
fi

address=${L2MET_DRAIN_URL%%\?*}
address=${address%/*}/query
started=$(date +%s)
ends=$((started + ${3:-300}))

# So many seconds ago, and no time of day: this machine's clock need not be that of the service.
from() {
  echo "${FROM:--$(($(date +%s) - started))s}"
}

# A value of curl's configuration.
quoted() {
  printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# Asks once; further options are those of curl.
ask() {
  {
    printf 'url = %s\n' "$(quoted "$address?$selection")"
    printf 'data-urlencode = %s\n' "$(quoted "from=$(from)")" "$(quoted "assert=$assertions")"
  } | curl --silent --get --globoff --max-time 10 "$@" --config -
}

# What the service says, without the numbers of the series.
answer() {
  ask | sed 's/,"series":\[.*/}/'
}

selection=$1
assertions=$2
while :; do
  http=$(ask --fail --output /dev/null --write-out '%{http_code}')
  status=$?
  case $http in
    200)
      answer
      exit 0
      ;;
    # Not yet; or too many ask at once, the store is away, or a proxy in front of the service finds none.
    417 | 429 | 5?? | 000 | '') ;;
    *)
      echo "l2met answers $http: $(answer)" >&2
      exit 2
      ;;
  esac
  if [ "$(date +%s)" -ge "$ends" ]; then
    if [ "$status" -eq 22 ]; then
      echo "does not hold: $(answer)" >&2
    else
      echo "l2met cannot be reached (curl ended with $status)" >&2
    fi
    exit "$status"
  fi
  sleep 2
done
