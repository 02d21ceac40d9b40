use super::*;

fn ways(password: bool, connection: Option<&str>) -> WaysIn {
    WaysIn { password, connection: connection.map(str::to_owned) }
}
