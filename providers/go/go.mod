module signettoken

go 1.19
