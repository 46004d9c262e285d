# Sets up and starts a server, then does what it is told, a word a line. It ends with its input: so with the process that started it, even a killed
# one; only then the server is stopped and its folder removed. $1: the folder. $2: where the binaries are. The rest: arguments of the server.
trap ':' INT TERM HUP
folder=$1
bin=$2
shift 2
cd "$folder" || exit 1
if [ ! -d data ]; then
  "$bin/initdb" -D "$folder/data" -U saoma -A trust -E UTF8 --locale=C --no-sync >log 2>&1 || { cat log; exit 1; }
fi
start() {
  "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= "$@" >>log 2>&1 &
  server=$!
  tries=0
  until "$bin/psql" -h "$folder" -U saoma -d postgres -Atc 'select 1' >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ $tries -gt 600 ] || ! kill -0 $server 2>/dev/null; then tail -n 30 log; exit 1; fi
    sleep 0.1
  done
  echo started
}
start "$@"
while read -r word; do
  case $word in
    kill)
      # All at once, as a power cut would: a child that outlives the first process may still answer.
      kill -STOP $server
      kill -9 $server $(cat /proc/$server/task/$server/children 2>/dev/null)
      wait $server
      echo ended
      ;;
    stop)
      kill -INT $server
      wait $server
      echo ended
      ;;
    start) start "$@" ;;
  esac
done
kill -INT $server 2>/dev/null
wait $server
cd /
rm -rf "$folder"
